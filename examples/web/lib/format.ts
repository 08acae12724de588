/** Numbers and dates as people read them: the report's own code, copied by scripts/generate.mjs. */
export * from '@/generated/format.js'
