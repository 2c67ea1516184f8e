metadata description = 'One role of one identity on a subscription.'

targetScope = 'subscription'

@description('The object id of the identity.')
param principalId string

@description('The id of the role, a GUID: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles')
param role string

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}
