/** What the page shares with the report beside its code: orders, titles, limits and sentences (generated/*.json). */
import generated from '@/generated/shared.json'

export const SHARED = generated

export type Figures = Readonly<Record<string, string>>

/** A sentence with its figures in place of their names in braces. */
export const filled = (sentence: string, figures: Figures): string =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => figures[name] ?? '')

/** One of the common sentences. */
export const say = (key: keyof typeof generated.words, figures: Figures = {}): string =>
  filled(generated.words[key], figures)
