metadata description = 'Headgate circuit-breaker, gateway-tokens and event-subscription on Azure Functions, with Event Grid between them.'

@description('Beginning of the names of the function apps: NAME-circuit-breaker and so on.')
@minLength(2)
@maxLength(40)
param name string

@description('Region. It must offer Flex Consumption.')
param location string = resourceGroup().location

@description('The store that all instances share, as rediss://:ACCESS-KEY@HOST:6380. The access key is percent-encoded.')
@secure()
@minLength(1)
param store string

@description('What Event Grid sends along so that event-subscription believes it; letters, digits, - and _.')
@secure()
@minLength(16)
param webhookKey string

@description('The backends of circuit-breaker: inline, or file:NAME in its package, or an https address.')
@minLength(1)
param backends string = 'file:backends.toml'

@description('The rules of event-subscription, likewise.')
@minLength(1)
param rules string = 'file:rules.toml'

@description('Who may ask the functions: "anonymous", behind something that guards them. Empty means nobody.')
@allowed([
  ''
  'anonymous'
])
param access string = ''

@description('Whether the topic has its subscription. Event Grid asks the endpoint first, so its package must be there.')
param subscribe bool = false

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

var unique = uniqueString(resourceGroup().id, name)
var everyMinute = '0 * * * * *'
var vaultName = 'kv-${unique}'

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

module telemetry 'modules/telemetry.bicep' = {
  name: 'telemetry'
  params: {
    location: location
    logRetention: logRetention
    name: unique
  }
}

resource topic 'Microsoft.EventGrid/topics@2022-06-15' = {
  name: 'evgt-${unique}'
  location: location
  identity: {
    type: 'SystemAssigned'
  }
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

  resource topicKeySecret 'secrets' = {
    name: 'topic-key'
    properties: {
      value: topic.listKeys().key1
    }
  }

  resource webhookKeySecret 'secrets' = {
    name: 'webhook-key'
    properties: {
      value: webhookKey
    }
  }
}

var common = union(
  {
    HEADGATE_STORE: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=store)'
  },
  empty(access) ? {} : { HEADGATE_ACCESS: access }
)

var publishing = {
  HEADGATE_SINKS: '[topic]\nkind = "event-grid-topic"\nschema = "cloud-events"\nurl = "${topic.properties.endpoint}"\nkey = "\${secret:topic_key}"\n'
  HEADGATE_TOPIC_KEY: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=topic-key)'
}

module circuitBreaker 'modules/function-app.bicep' = {
  name: 'circuit-breaker'
  params: {
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-circuit-breaker'
    secrets: [
      'store'
      'topic-key'
    ]
    settings: union(common, publishing, {
      HEADGATE_BACKENDS: backends
      HEADGATE_SOURCE: '/${name}/circuit-breaker'
    })
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::topicKeySecret
  ]
}

module gatewayTokens 'modules/function-app.bicep' = {
  name: 'gateway-tokens'
  params: {
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-gateway-tokens'
    secrets: [
      'store'
      'topic-key'
    ]
    settings: union(common, publishing, {
      HEADGATE_SOURCE: '/${name}/gateway-tokens'
    })
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::topicKeySecret
  ]
}

module eventSubscription 'modules/function-app.bicep' = {
  name: 'event-subscription'
  params: {
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: '${name}-event-subscription'
    secrets: [
      'store'
      'webhook-key'
    ]
    settings: union(common, {
      HEADGATE_CHECKS: '[shared-secret]\nheader = "x-webhook-key"\nvalue = "\${secret:webhook_key}"\n'
      HEADGATE_RULES: rules
      HEADGATE_WEBHOOK_KEY: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=webhook-key)'
      HEADGATE_WEBHOOK_ORIGINS: 'eventgrid.azure.net'
    })
    tickSchedule: everyMinute
    vaultName: vaultName
  }
  dependsOn: [
    vault::storeSecret
    vault::webhookKeySecret
  ]
}

// What Event Grid could not deliver.
resource deadLetters 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'dl${unique}'
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: 'dead-letters'
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

resource writeDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deadLetters.id, topic.id, storageBlobDataContributor)
  scope: deadLetters
  properties: {
    principalId: topic.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}

resource subscription 'Microsoft.EventGrid/eventSubscriptions@2022-06-15' = if (subscribe) {
  name: 'event-subscription'
  scope: topic
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: 'https://${eventSubscription.outputs.hostName}/events'
        deliveryAttributeMappings: [
          {
            name: 'x-webhook-key'
            type: 'Static'
            properties: {
              isSecret: true
              value: webhookKey
            }
          }
        ]
      }
    }
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    retryPolicy: {
      eventTimeToLiveInMinutes: 1440
      maxDeliveryAttempts: 30
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          blobContainerName: 'dead-letters'
          resourceId: deadLetters.id
        }
      }
    }
  }
  dependsOn: [
    writeDeadLetters
  ]
}

output circuitBreakerUrl string = 'https://${circuitBreaker.outputs.hostName}'
output gatewayTokensUrl string = 'https://${gatewayTokens.outputs.hostName}'
output eventsUrl string = 'https://${eventSubscription.outputs.hostName}/events'
output topicEndpoint string = topic.properties.endpoint
