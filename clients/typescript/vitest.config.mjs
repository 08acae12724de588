import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.{ts,tsx}'],
    fileParallelism: false, // the tests time and count real processes
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
