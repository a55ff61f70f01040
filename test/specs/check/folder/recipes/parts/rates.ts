export const rate = 0.001
