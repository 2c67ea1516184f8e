metadata description = 'Headgate entra-http, desktop-flow, cloud-flow and file-relay on Azure Functions, each acting as a managed identity of its own.'

@description('Beginning of the names of the function apps: NAME-entra-http and so on.')
@minLength(2)
@maxLength(40)
param name string

@description('Region. It must offer Flex Consumption.')
param location string = resourceGroup().location

@description('The store that all instances share, as rediss://:ACCESS-KEY@HOST:6380. The access key is percent-encoded.')
@secure()
@minLength(1)
param store string

@description('Seals the tokens of entra-http in the store: base64 of 32 random bytes; several, newest first, by spaces.')
@secure()
@minLength(44)
param entraHttpKey string

@description('Likewise of desktop-flow.')
@secure()
@minLength(44)
param desktopFlowKey string

@description('Likewise of cloud-flow.')
@secure()
@minLength(44)
param cloudFlowKey string

@description('Likewise of file-relay.')
@secure()
@minLength(44)
param fileRelayKey string

@description('What entra-http may do on whole subscriptions: [{ subscription: ID, role: ID }], ids as GUIDs.')
param subscriptionRoles array = []

@description('What entra-http may do on resource groups: [{ subscription: ID, resourceGroup: NAME, role: ID }].')
param resourceGroupRoles array = []

@description('The upstreams of entra-http: inline, or file:NAME in its package, or an https address. Their credential is "machine".')
@minLength(1)
param upstreams string = '[arm]\npreset = "azure-resource-manager"\ncredential = "machine"\n'

@description('Where callers reach entra-http. Only another domain or a gateway in front makes it another.')
param publicUrl string = 'https://${name}-entra-http.azurewebsites.net'

@description('The Dataverse of the environment in which desktop-flow runs flows, as https://contoso.crm4.dynamics.com.')
@minLength(1)
param dataverseUrl string

@description('Where Dataverse reaches desktop-flow. Only another domain or a gateway in front makes it another.')
param callbackUrl string = 'https://${name}-desktop-flow.azurewebsites.net'

@description('The Power Platform environment whose connections desktop-flow keeps. Empty: it keeps none.')
param environmentId string = ''

@description('What connections name as \${secret:robot-password}. May be empty.')
@secure()
param robotPassword string = ''

@description('The flows of cloud-flow, likewise a document. Their credential is "machine".')
@minLength(1)
param flows string = 'file:flows.toml'

@description('The places of file-relay, likewise a document. Their credential is "machine".')
@minLength(1)
param places string = 'file:places.toml'

@description('A storage account of this resource group whose blobs file-relay reads and writes. Empty: none.')
param storageAccount string = ''

@description('Where callers reach file-relay. Only another domain or a gateway in front makes it another.')
param fileRelayUrl string = 'https://${name}-file-relay.azurewebsites.net'

@description('Who may ask entra-http: "anonymous", behind something that guards it, or a policy document. Empty means nobody.')
param entraHttpAccess string = ''

@description('Who may ask desktop-flow, likewise.')
param desktopFlowAccess string = ''

@description('Who may ask cloud-flow, likewise.')
param cloudFlowAccess string = ''

@description('Who may ask file-relay, likewise.')
param fileRelayAccess string = ''

@description('Memory of an instance, in megabytes.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int = 512

@description('How many instances of each function there may be.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetention int = 30

// Other names than those of events.bicep, which may be in the same resource group under the same name.
var unique = uniqueString(resourceGroup().id, name, 'identities')
var everyMinute = '0 * * * * *'
var vaultName = 'kv-${unique}'
var secretOf = '@Microsoft.KeyVault(VaultName=${vaultName};SecretName='

module telemetry 'modules/telemetry.bicep' = {
  name: 'identities-telemetry'
  params: {
    location: location
    logRetention: logRetention
    name: unique
  }
}

module entraHttpIdentity 'modules/identity.bicep' = {
  name: 'entra-http-identity'
  params: {
    location: location
    name: 'id-${name}-entra-http'
    resourceGroupRoles: resourceGroupRoles
    subscriptionRoles: subscriptionRoles
  }
}

// What this one and the next may do is said in Power Platform: README.md.
module desktopFlowIdentity 'modules/identity.bicep' = {
  name: 'desktop-flow-identity'
  params: {
    location: location
    name: 'id-${name}-desktop-flow'
  }
}

module cloudFlowIdentity 'modules/identity.bicep' = {
  name: 'cloud-flow-identity'
  params: {
    location: location
    name: 'id-${name}-cloud-flow'
  }
}

module fileRelayIdentity 'modules/identity.bicep' = {
  name: 'file-relay-identity'
  params: {
    location: location
    name: 'id-${name}-file-relay'
  }
}

module fileRelayStorage 'modules/storage-role.bicep' = if (!empty(storageAccount)) {
  name: 'file-relay-storage'
  params: {
    account: storageAccount
    principalId: fileRelayIdentity.outputs.principalId
  }
}

// Where desktop-flow tells how runs ended, and file-relay how relays did. Their sinks take a key.
resource topic 'Microsoft.EventGrid/topics@2022-06-15' = {
  name: 'evgt-${unique}'
  location: location
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: vaultName
  location: location
  properties: {
    enableRbacAuthorization: true
    enableSoftDelete: true
    sku: {
      family: 'A'
      name: 'standard'
    }
    tenantId: tenant().tenantId
  }

  resource storeSecret 'secrets' = {
    name: 'store'
    properties: {
      value: store
    }
  }

  resource entraHttpSecret 'secrets' = {
    name: 'entra-http-key'
    properties: {
      value: entraHttpKey
    }
  }

  resource desktopFlowSecret 'secrets' = {
    name: 'desktop-flow-key'
    properties: {
      value: desktopFlowKey
    }
  }

  resource cloudFlowSecret 'secrets' = {
    name: 'cloud-flow-key'
    properties: {
      value: cloudFlowKey
    }
  }

  resource fileRelaySecret 'secrets' = {
    name: 'file-relay-key'
    properties: {
      value: fileRelayKey
    }
  }

  resource topicKeySecret 'secrets' = {
    name: 'topic-key'
    properties: {
      value: topic.listKeys().key1
    }
  }

  resource robotSecret 'secrets' = if (!empty(robotPassword)) {
    name: 'robot-password'
    properties: {
      value: robotPassword
    }
  }
}

var common = {
  HEADGATE_STORE: '${secretOf}store)'
}

module entraHttp 'modules/function-app.bicep' = {
  name: 'entra-http'
  params: {
    identityId: entraHttpIdentity.outputs.id
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-entra-http'
    secrets: [
      'store'
      'entra-http-key'
    ]
    settings: union(
      common,
      {
        // It has nothing to do by the clock.
        'AzureWebJobs.tick.Disabled': 'true'
        HEADGATE_CREDENTIALS: '[machine]\nkind = "managed-identity"\nsource = "app-service"\nclient-id = "${entraHttpIdentity.outputs.clientId}"\n'
        HEADGATE_PUBLIC_URL: publicUrl
        HEADGATE_TOKEN_CACHE_KEY: '${secretOf}entra-http-key)'
        HEADGATE_UPSTREAMS: upstreams
      },
      empty(entraHttpAccess) ? {} : { HEADGATE_ACCESS: entraHttpAccess }
    )
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::entraHttpSecret
  ]
}

module desktopFlow 'modules/function-app.bicep' = {
  name: 'desktop-flow'
  params: {
    identityId: desktopFlowIdentity.outputs.id
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-desktop-flow'
    secrets: concat(['store', 'desktop-flow-key', 'topic-key'], empty(robotPassword) ? [] : ['robot-password'])
    settings: union(
      common,
      {
        HEADGATE_CALLBACK_URL: callbackUrl
        HEADGATE_CREDENTIALS: '[machine]\nkind = "managed-identity"\nsource = "app-service"\nclient-id = "${desktopFlowIdentity.outputs.clientId}"\n'
        HEADGATE_DATAVERSE_URL: dataverseUrl
        HEADGATE_SINKS: '[topic]\nkind = "event-grid-topic"\nschema = "cloud-events"\nurl = "${topic.properties.endpoint}"\nkey = "\${secret:topic_key}"\n'
        HEADGATE_SOURCE: '/${name}/desktop-flow'
        HEADGATE_TOKEN_CACHE_KEY: '${secretOf}desktop-flow-key)'
        HEADGATE_TOPIC_KEY: '${secretOf}topic-key)'
      },
      empty(desktopFlowAccess) ? {} : { HEADGATE_ACCESS: desktopFlowAccess },
      empty(environmentId) ? {} : { HEADGATE_ENVIRONMENT_ID: environmentId },
      empty(robotPassword) ? {} : { HEADGATE_ROBOT_PASSWORD: '${secretOf}robot-password)' }
    )
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::desktopFlowSecret
    vault::topicKeySecret
    vault::robotSecret
  ]
}

module cloudFlow 'modules/function-app.bicep' = {
  name: 'cloud-flow'
  params: {
    identityId: cloudFlowIdentity.outputs.id
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-cloud-flow'
    secrets: [
      'store'
      'cloud-flow-key'
    ]
    settings: union(
      common,
      {
        HEADGATE_CREDENTIALS: '[machine]\nkind = "managed-identity"\nsource = "app-service"\nclient-id = "${cloudFlowIdentity.outputs.clientId}"\n'
        HEADGATE_FLOWS: flows
        HEADGATE_TOKEN_CACHE_KEY: '${secretOf}cloud-flow-key)'
      },
      empty(cloudFlowAccess) ? {} : { HEADGATE_ACCESS: cloudFlowAccess }
    )
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::cloudFlowSecret
  ]
}

module fileRelay 'modules/function-app.bicep' = {
  name: 'file-relay'
  params: {
    identityId: fileRelayIdentity.outputs.id
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-file-relay'
    secrets: [
      'store'
      'file-relay-key'
      'topic-key'
    ]
    settings: union(
      common,
      {
        HEADGATE_CREDENTIALS: '[machine]\nkind = "managed-identity"\nsource = "app-service"\nclient-id = "${fileRelayIdentity.outputs.clientId}"\n'
        HEADGATE_PLACES: places
        HEADGATE_PUBLIC_URL: fileRelayUrl
        HEADGATE_SINKS: '[topic]\nkind = "event-grid-topic"\nschema = "cloud-events"\nurl = "${topic.properties.endpoint}"\nkey = "\${secret:topic_key}"\n'
        HEADGATE_SOURCE: '/${name}/file-relay'
        HEADGATE_TOKEN_CACHE_KEY: '${secretOf}file-relay-key)'
        HEADGATE_TOPIC_KEY: '${secretOf}topic-key)'
      },
      empty(fileRelayAccess) ? {} : { HEADGATE_ACCESS: fileRelayAccess }
    )
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::fileRelaySecret
    vault::topicKeySecret
  ]
}

output entraHttpUrl string = 'https://${entraHttp.outputs.hostName}'
output desktopFlowUrl string = 'https://${desktopFlow.outputs.hostName}'
output cloudFlowUrl string = 'https://${cloudFlow.outputs.hostName}'
output fileRelayUrl string = 'https://${fileRelay.outputs.hostName}'
output topicEndpoint string = topic.properties.endpoint

@description('The application that becomes an application user of the environment.')
output desktopFlowClientId string = desktopFlowIdentity.outputs.clientId

@description('The object that a flow names whose trigger specific users may call.')
output cloudFlowObjectId string = cloudFlowIdentity.outputs.principalId

@description('The object that gets permissions of Microsoft Graph, for places of the kind graph.')
output fileRelayObjectId string = fileRelayIdentity.outputs.principalId
