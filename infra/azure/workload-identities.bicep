metadata description = 'The identities of Headgate entra-http, desktop-flow, cloud-flow and file-relay in a Kubernetes cluster with workload identity.'

@description('Beginning of the names of the identities: NAME-entra-http and so on.')
@minLength(2)
@maxLength(40)
param name string

param location string = resourceGroup().location

@description('The OIDC issuer of the cluster: az aks show --query oidcIssuerProfile.issuerUrl.')
@minLength(1)
param clusterIssuer string

@description('The namespace of the functions.')
param namespace string = 'headgate'

@description('What entra-http may do on whole subscriptions: [{ subscription: ID, role: ID }], ids as GUIDs.')
param subscriptionRoles array = []

@description('What entra-http may do on resource groups: [{ subscription: ID, resourceGroup: NAME, role: ID }].')
param resourceGroupRoles array = []

@description('A storage account of this resource group whose blobs file-relay reads and writes. Empty: none.')
param storageAccount string = ''

module entraHttp 'modules/identity.bicep' = {
  name: 'entra-http-workload-identity'
  params: {
    clusterIssuer: clusterIssuer
    location: location
    name: '${name}-entra-http'
    resourceGroupRoles: resourceGroupRoles
    serviceAccount: '${namespace}:entra-http'
    subscriptionRoles: subscriptionRoles
  }
}

module desktopFlow 'modules/identity.bicep' = {
  name: 'desktop-flow-workload-identity'
  params: {
    clusterIssuer: clusterIssuer
    location: location
    name: '${name}-desktop-flow'
    serviceAccount: '${namespace}:desktop-flow'
  }
}

module cloudFlow 'modules/identity.bicep' = {
  name: 'cloud-flow-workload-identity'
  params: {
    clusterIssuer: clusterIssuer
    location: location
    name: '${name}-cloud-flow'
    serviceAccount: '${namespace}:cloud-flow'
  }
}

module fileRelay 'modules/identity.bicep' = {
  name: 'file-relay-workload-identity'
  params: {
    clusterIssuer: clusterIssuer
    location: location
    name: '${name}-file-relay'
    serviceAccount: '${namespace}:file-relay'
  }
}

module fileRelayStorage 'modules/storage-role.bicep' = if (!empty(storageAccount)) {
  name: 'file-relay-workload-storage'
  params: {
    account: storageAccount
    principalId: fileRelay.outputs.principalId
  }
}

output entraHttpClientId string = entraHttp.outputs.clientId
output desktopFlowClientId string = desktopFlow.outputs.clientId
output cloudFlowClientId string = cloudFlow.outputs.clientId
output fileRelayClientId string = fileRelay.outputs.clientId
output fileRelayObjectId string = fileRelay.outputs.principalId
output cloudFlowObjectId string = cloudFlow.outputs.principalId
