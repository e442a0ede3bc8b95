/** Ping and account. Recorded 2017 and 2021 (ruby client); `id` was added since, as the official MCP server shows. */
export const accountRoutes = [
    { method: 'GET', path: '/v1/ping', handle: () => ({ status: 200, body: { data: 'pong!' } }) },
    {
        method: 'GET',
        path: '/v1/account',
        handle: ({ knobs }) => ({
            status: 200,
            body: {
                id: 'acc_00000000-0000-4000-8000-000000000000',
                name: 'Sandbox',
                currency: knobs.currency,
                time_zone: 'UTC',
                week_start_on: 'monday',
            },
        }),
    },
];
//# sourceMappingURL=account-routes.js.map