import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.{ts,tsx}'],
    fileParallelism: false, // the tests time and count real processes
    testTimeout: 120_000, // beyond the patience of each wait in it
    hookTimeout: 120_000,
  },
});
