metadata description = 'Headgate token-validation on Azure Functions.'

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

var optionalSettings = union(
  empty(access) ? {} : { HEADGATE_ACCESS: access },
  empty(clientCertificateAnchors) ? {} : { HEADGATE_CLIENT_CERTIFICATE_ANCHORS: clientCertificateAnchors },
  empty(clientCertificateCrls) ? {} : { HEADGATE_CLIENT_CERTIFICATE_CRLS: clientCertificateCrls }
)

module telemetry 'modules/telemetry.bicep' = {
  name: 'telemetry'
  params: {
    location: location
    logRetention: logRetention
    name: uniqueString(resourceGroup().id, name)
  }
}

module tokenValidation 'modules/function-app.bicep' = {
  name: 'token-validation'
  params: {
    insightsName: telemetry.outputs.insightsName
    instanceMemory: instanceMemory
    location: location
    maximumInstances: maximumInstances
    name: name
    settings: union(
      {
        // The platform appends the caller to this header; the connection itself comes from the Functions host.
        HEADGATE_CLIENT_ADDRESS_HEADER: 'x-forwarded-for'
        HEADGATE_POLICY: policy
      },
      optionalSettings
    )
    tickSchedule: '0 */15 * * * *'
  }
}

@description('Forward-auth.')
output validateUrl string = 'https://${tokenValidation.outputs.hostName}/validate'
