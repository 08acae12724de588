import { isAnswer, keepText, parsed } from '../answer.js';
import type { Job } from '../generated/job.js';
import { memberText } from '../member-text.js';

export type JobStatus = Job['status'];
export type Priority = Job['priority'];

const etags = new WeakMap<Job, string>();

/** The entity tag that a job came with: with it `get` waits for any change. */
export function etagOf(job: Job): string | undefined {
  return etags.get(job);
}

/** The job that a text is; undefined where it is something else. Its result keeps the text that it is in there. */
export function jobFrom(text: string, etag?: string | null): Job | undefined {
  const document = parsed(text);
  if (!isJob(document)) return undefined;
  keepResultText(document, text);
  if (etag) etags.set(document, etag);
  return document;
}

/** Keep the text of a job's result, which is a member of the job's own. */
export function keepResultText({ result }: Job, text: string): void {
  const own = result === undefined ? undefined : memberText(text, 'result');
  if (result !== undefined && own !== undefined) keepText(result, own);
}

export function isJob(value: unknown): value is Job {
  if (typeof value !== 'object' || value === null) return false;
  const { id, kind, status, progress, result } = value as Record<string, unknown>;
  const known = typeof id === 'string' && typeof kind === 'string' && typeof status === 'string';
  return known && typeof progress === 'object' && progress !== null && (result === undefined || isAnswer(result));
}

export function hasEnded({ status }: Job): boolean {
  return status !== 'queued' && status !== 'running';
}
