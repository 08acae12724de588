import { BacktestError, isErrorDocument } from './errors.js';
import type { BacktestErrorDocument } from './generated/error.js';
import type { BacktestResult } from './generated/result.js';

/** What every run ends with: one of these two. */
export type Answer = BacktestResult | BacktestErrorDocument;

/** Tell whether a document is one that the runner answers with. */
export function isAnswer(document: unknown): document is Answer {
  if (isErrorDocument(document)) return true;
  return typeof document === 'object' && document !== null && (document as { success?: unknown }).success === true;
}

const texts = new WeakMap<Answer, string>();

/** The answer that a text is; undefined where it is something else. */
export function answerFrom(text: string): Answer | undefined {
  const document = parsed(text);
  if (!isAnswer(document)) return undefined;
  keepText(document, text);
  return document;
}

/** Keep the text that an answer came as. */
export function keepText(document: Answer, text: string): void {
  texts.set(document, text.trimEnd());
}

/**
 * A document as text, to be sent on: as it came, byte for byte, where it came from the runner. JavaScript would write some
 * of its numbers in another form. Changes made to the object are not in it.
 */
export function documentText(document: Answer): string {
  return texts.get(document) ?? JSON.stringify(document);
}

/** The result, or its error thrown. */
export function resultOf(answer: Answer, exitCode: number | null = null): BacktestResult {
  if (answer.success) return answer;
  throw new BacktestError(answer, { exitCode });
}

/** JSON to a value; undefined where the text is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Call a listener of the caller's. What it throws is the caller's own, and uncaught: no run ends for it. */
export function tell<T>(listener: ((value: T) => void) | undefined, value: T): void {
  try {
    listener?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
