metadata description = 'One Headgate function on Azure Functions: Flex Consumption, custom handler, no stored secret.'

@description('Name of the function app: its address is https://NAME.azurewebsites.net.')
@minLength(2)
@maxLength(60)
param name string

param location string

@description('The Application Insights of the resource group that takes logs and metrics.')
param insightsName string

@description('The variables of the function. A secret is a reference to a key vault.')
param settings object

@description('When the function ticks, as an NCRONTAB expression.')
param tickSchedule string

@description('The key vault that settings refer to. Empty: they refer to none.')
param vaultName string = ''

@description('The names of the secrets in it that this function may read, and no others.')
param secrets array = []

@description('The id of the user-assigned identity that the function acts as when it calls out. Empty: it acts as none.')
param identityId string = ''

@description('Memory of an instance, in megabytes.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int

@description('How many instances there may be.')
@minValue(1)
@maxValue(1000)
param maximumInstances int

var unique = uniqueString(resourceGroup().id, name)
var packages = 'packages'

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
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

// Reads the secrets. It is there, with its roles, before the app asks for them for the first time.
resource reader 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${unique}'
  location: location
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = [for secretName in secrets: {
  name: '${vaultName}/${secretName}'
}]

resource readSecret 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (secretName, index) in secrets: {
  name: guid(vaultName, secretName, reader.id, keyVaultSecretsUser)
  scope: secret[index]
  properties: {
    principalId: reader.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}]

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
    type: 'SystemAssigned, UserAssigned'
    userAssignedIdentities: union({ '${reader.id}': {} }, empty(identityId) ? {} : { '${identityId}': {} })
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: reader.id
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

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        AzureWebJobsStorage__accountName: storage.name
        AzureWebJobsDisableHomepage: 'true'
        APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD'
        HEADGATE_STATE_DIR: '/tmp/headgate'
        HEADGATE_TICK_SCHEDULE: tickSchedule
      },
      settings
    )
    dependsOn: [
      readSecret
    ]
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

output hostName string = app.properties.defaultHostName
