// What the function app's identity may do, each right on one resource.
param principalId string
param storageName string
param namespaceName string
param vaultName string
param insightsName string

@description('Who may send to which queue: an identity of each of our own apps.')
param senders {
  queue: string
  principalId: string
}[]

// The ids are Azure's own and the same in every tenant: "Azure built-in roles".
var role = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The host keeps its locks and keys in blobs (it must own them), and writes diagnostic events to a table; queues serve its retries.
resource storageRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in [role.storageBlobDataOwner, role.storageQueueDataContributor, role.storageTableDataContributor]: {
    scope: account
    name: guid(account.id, principalId, id)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Owner, not sender and receiver: without the right to manage, the scale controller cannot read a queue's length and guesses from its first message.
resource busRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: namespace
  name: guid(namespace.id, principalId, role.serviceBusDataOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// On the queue, not on the namespace: what comes by an app's queue is the app's, and nobody else's word is needed for it.
resource appQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for sender in senders: {
    parent: namespace
    name: sender.queue
  }
]

resource senderRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (sender, i) in senders: {
    scope: appQueues[i]
    name: guid(appQueues[i].id, sender.principalId, role.serviceBusDataSender)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.serviceBusDataSender)
      principalId: sender.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// The app reads credentials, keeps those that people give it and those that a platform renews, and removes them when an account is disconnected;
// a name that was deleted has to be recovered before it is used again. It lists none, and purges none. Azure's own "Key Vault Secrets User" may only
// read, and "Key Vault Secrets Officer" may do everything.
resource credentialKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'forge-crm-credential-keeper')
  properties: {
    roleName: 'Forge CRM credential keeper (${uniqueString(resourceGroup().id)})'
    description: 'Reads, writes, deletes and recovers secrets of the vault that it is assigned on.'
    type: 'CustomRole'
    assignableScopes: [
      resourceGroup().id
    ]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/getSecret/action'
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          'Microsoft.KeyVault/vaults/secrets/delete'
          'Microsoft.KeyVault/vaults/secrets/recover/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, credentialKeeper.name)
  properties: {
    roleDefinitionId: credentialKeeper.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource insightsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, role.monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.monitoringMetricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
