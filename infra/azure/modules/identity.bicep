metadata description = 'The identity that one Headgate function acts as when it calls out, with what it may do in Azure.'

@description('Name of the user-assigned managed identity.')
@minLength(3)
@maxLength(128)
param name string

param location string

@description('Roles on whole subscriptions, as { subscription: ID, role: ID }; both ids are GUIDs.')
param subscriptionRoles array = []

@description('Roles on resource groups, as { subscription: ID, resourceGroup: NAME, role: ID }.')
param resourceGroupRoles array = []

@description('The OIDC issuer of the Kubernetes cluster whose service account is this identity. Empty: none is.')
param clusterIssuer string = ''

@description('That service account, as NAMESPACE:NAME.')
param serviceAccount string = ''

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location

  resource cluster 'federatedIdentityCredentials' = if (!empty(clusterIssuer)) {
    name: 'cluster'
    properties: {
      audiences: [
        'api://AzureADTokenExchange'
      ]
      issuer: clusterIssuer
      subject: 'system:serviceaccount:${serviceAccount}'
    }
  }
}

module onSubscription 'subscription-role.bicep' = [for (assignment, index) in subscriptionRoles: {
  name: 'subscription-role-${uniqueString(name)}-${index}'
  scope: subscription(assignment.subscription)
  params: {
    principalId: identity.properties.principalId
    role: assignment.role
  }
}]

module onResourceGroup 'resource-group-role.bicep' = [for (assignment, index) in resourceGroupRoles: {
  name: 'resource-group-role-${uniqueString(name)}-${index}'
  scope: resourceGroup(assignment.subscription, assignment.resourceGroup)
  params: {
    principalId: identity.properties.principalId
    role: assignment.role
  }
}]

output id string = identity.id
output clientId string = identity.properties.clientId

@description('The object id of the identity in Entra: what a cloud flow names whose trigger specific users may call.')
output principalId string = identity.properties.principalId
