// The bus says where and when there is work; the work itself is in the database.
param name string
param location string
param tags object

// One worker at a time holds a session, which is a tenant's lane: order within it, fairness between tenants.
var sessionQueues = [
  'crm-changes'
  'crm-sync-steps'
  'crm-pushes'
  'crm-notices'
  'crm-rules'
]

// Messages of the platform apps carry personal data by nature: they are journaled at once and must not lie here for long.
var platformQueues = [
  'crm-events-bidflow'
  'crm-events-folio'
  'crm-events-hephaitos'
]

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
  }
}

resource sessions 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in sessionQueues: {
    parent: namespace
    name: queue
    properties: {
      requiresSession: true
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      // A ring that grew old is rung again by the relay: there is nothing to keep.
      deadLetteringOnMessageExpiration: false
      defaultMessageTimeToLive: 'P7D'
      // Off on purpose: it would swallow a message that is sent again after a failure or from the dead-letter queue. Deduplication is the journal's.
      requiresDuplicateDetection: false
    }
  }
]

resource platforms 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in platformQueues: {
    parent: namespace
    name: queue
    properties: {
      requiresSession: false
      lockDuration: 'PT1M'
      maxDeliveryCount: 10
      // A dead-letter queue has no time to live, so an expired message must not go there.
      deadLetteringOnMessageExpiration: false
      defaultMessageTimeToLive: 'P1D'
      requiresDuplicateDetection: false
    }
  }
]

output name string = namespace.name
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '://')[1], ':')[0]
