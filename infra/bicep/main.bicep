// Everything Forge CRM Sync needs in Azure except the database, which is PostgreSQL 15 or newer of your choice (Supabase, Flexible Server).
// There are no keys: the function app reaches storage, Service Bus, Key Vault and Application Insights with one user-assigned identity.
targetScope = 'resourceGroup'

@description('Begins every resource\'s name, with a suffix of its own for each resource group.')
@minLength(3)
@maxLength(10)
param namePrefix string = 'forgecrm'

param location string = resourceGroup().location

@description('The address that HubSpot, Pipedrive and Supabase send webhooks to. Signatures cover it, so it is configured, never taken from a request.')
param publicBaseUrl string

@description('''
The most instances for each group of functions: all HTTP functions are one group, every other function is one of its own. Choose it by the database:
instances x groups x the pool's size must stay below the connections that the server or its pooler gives. Azure has long refused less than 40.
''')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How long logs and traces are kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 30

@description('Object id of the identity by which BIDFLOW sends its events; empty: it sends none. It may send to crm-events-bidflow and do nothing else.')
param bidflowPrincipalId string = ''

@description('The same for FOLIO and crm-events-folio.')
param folioPrincipalId string = ''

@description('The same for HEPHAITOS and crm-events-hephaitos.')
param hephaitosPrincipalId string = ''

param tags object = {
  application: 'forge-crm-sync'
}

var suffix = uniqueString(resourceGroup().id)
var name = '${namePrefix}-${suffix}'

var appSenders = [
  { queue: 'crm-events-bidflow', principalId: bidflowPrincipalId }
  { queue: 'crm-events-folio', principalId: folioPrincipalId }
  { queue: 'crm-events-hephaitos', principalId: hephaitosPrincipalId }
]

// User-assigned, so that its roles exist before the app starts for the first time.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-id'
  location: location
  tags: tags
}

module monitoring 'monitoring.bicep' = {
  params: {
    name: name
    location: location
    retentionInDays: retentionInDays
    tags: tags
  }
}

module storage 'storage.bicep' = {
  params: {
    name: take(toLower(replace('${namePrefix}${suffix}', '-', '')), 24)
    location: location
    tags: tags
  }
}

module messaging 'messaging.bicep' = {
  params: {
    name: '${name}-bus'
    location: location
    tags: tags
  }
}

module secrets 'secrets.bicep' = {
  params: {
    name: take('${namePrefix}-${suffix}', 24)
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module roles 'roles.bicep' = {
  params: {
    principalId: identity.properties.principalId
    storageName: storage.outputs.name
    namespaceName: messaging.outputs.name
    vaultName: secrets.outputs.name
    insightsName: monitoring.outputs.insightsName
    senders: filter(appSenders, sender => !empty(sender.principalId))
  }
}

module functions 'functions.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    identityName: identity.name
    storageName: storage.outputs.name
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    serviceBusNamespace: messaging.outputs.fullyQualifiedNamespace
    vaultUri: secrets.outputs.uri
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    publicBaseUrl: publicBaseUrl
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
  }
  dependsOn: [
    roles
  ]
}

output functionAppName string = functions.outputs.name
output functionAppHost string = functions.outputs.host
output vaultName string = secrets.outputs.name
