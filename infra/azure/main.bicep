metadata description = 'Headgate token-validation on Azure Functions: Flex Consumption, custom handler, no stored secret.'

@description('Name of the function app: its address is https://NAME.azurewebsites.net.')
@minLength(2)
@maxLength(60)
param name string

@description('Region. It must offer Flex Consumption.')
param location string = resourceGroup().location

@description('The policy document: inline, or file:NAME for a file in the package beside the binary, or an https address.')
@minLength(1)
param policy string = 'file:policy.toml'

@description('Who may ask /introspect and /openapi.json: "anonymous" or a policy document. Empty means nobody.')
param access string = ''

@description('Certificates that vouch for clients, for validate-client-certificate. As policy, in PEM. May be empty.')
param clientCertificateAnchors string = ''

@description('Revocation lists of those, for validate-client-certificate. As policy, in PEM. May be empty.')
param clientCertificateCrls string = ''

@description('Memory of an instance, in megabytes.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int = 512

@description('How many instances there may be.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetention int = 30

var unique = uniqueString(resourceGroup().id, name)
var packages = 'packages'

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

var optionalSettings = union(
  empty(access) ? {} : { HEADGATE_ACCESS: access },
  empty(clientCertificateAnchors) ? {} : { HEADGATE_CLIENT_CERTIFICATE_ANCHORS: clientCertificateAnchors },
  empty(clientCertificateCrls) ? {} : { HEADGATE_CLIENT_CERTIFICATE_CRLS: clientCertificateCrls }
)

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${unique}'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logRetention
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${unique}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
  }
}

// Holds the package and the timer's lease. Nobody has a key to it: the app comes with its identity.
resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'st${unique}'
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
      name: packages
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${unique}'
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packages}'
          authentication: {
            type: 'SystemAssignedIdentity'
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        AzureWebJobsStorage__accountName: storage.name
        AzureWebJobsDisableHomepage: 'true'
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD'
        HEADGATE_POLICY: policy
        // The platform appends the caller to this header; the connection itself comes from the Functions host.
        HEADGATE_CLIENT_ADDRESS_HEADER: 'x-forwarded-for'
        HEADGATE_STATE_DIR: '/tmp/headgate'
      },
      optionalSettings
    )
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

resource ownStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, app.id, storageBlobDataOwner)
  scope: storage
  properties: {
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)
  }
}

resource ownMetrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, app.id, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

@description('Forward-auth.')
output validateUrl string = 'https://${app.properties.defaultHostName}/validate'
