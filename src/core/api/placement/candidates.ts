export const candidateRoutes = [] as readonly ReturnType<typeof import('./route.ts').endpoint>[];
