/** The marks and the ends of axes: the report's own code, copied by scripts/generate.mjs. */
export * from '@/generated/ticks.js'
