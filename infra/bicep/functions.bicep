// The function app on Flex Consumption: Linux, isolated worker, scaled by queue length.
param name string
param location string
param tags object
param identityName string
param storageName string
param deploymentContainerUri string
param serviceBusNamespace string
param vaultUri string
param insightsConnectionString string
param publicBaseUrl string
param maximumInstanceCount int
param instanceMemoryMB int

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// The names that the code reads. A double underscore is a configuration key's colon.
var settings = {
  Forge__PublicBaseUrl: publicBaseUrl
  KeyVault__Uri: vaultUri
  Postgres__AppConnectionString: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/postgres-app-connection-string)'
  Postgres__RelayConnectionString: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/postgres-relay-connection-string)'
  ServiceBus__fullyQualifiedNamespace: serviceBusNamespace
}

// The names that the Functions host and the Azure libraries read; a user-assigned identity must be named to each.
var platformSettings = {
  AZURE_CLIENT_ID: identity.properties.clientId
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  ServiceBus__credential: 'managedidentity'
  ServiceBus__clientId: identity.properties.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(platformSettings, settings)
  }

  // Publishing is by identity only, like everything else.
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

output name string = app.name
output host string = app.properties.defaultHostName
