/** Adam Smith of ChartMogul's tutorial, with its ids and dates (help center, "lead to paying customer"). */
export const adam = {
  leadId: 'cus_0001',
  billingCustomerId: 'cus_9TSLDKbqG2iKgK',
  leadCreatedAt: '2016-01-05T00:00:00Z',
  trialStartedAt: '2016-02-10T05:15:10Z',
  paidAt: '2016-02-25T00:00:00Z',
  profile: { name: 'Adam Smith', email: 'adam@example.com', country: 'US' },
} as const;
