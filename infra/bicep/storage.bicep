// The Functions host's own storage (timer locks, keys) and the container that holds the deployed package. No CRM data.
param name string
param location string
param tags object

var deploymentContainer = 'deployments'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard_ZRS'
  }
  kind: 'StorageV2'
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource deployments 'containers' = {
      name: deploymentContainer
      properties: {
        publicAccess: 'None'
      }
    }
  }
}

output name string = account.name
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::deployments.name}'
