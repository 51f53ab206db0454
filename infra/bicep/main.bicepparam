using './main.bicep'

param publicBaseUrl = 'https://crm.example.com'
