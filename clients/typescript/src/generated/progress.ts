// Made by `npm run generate` from the schemas of the contract; do not edit.

/** The progress of a run, or of a job of the service. progress never falls; at most ten events a second; the last one is always sent. */
export interface ProgressEvent {
  event: 'progress';
  /** The job's id, where the run is a job of the service; absent elsewhere. */
  id?: string;
  /** 1, 2, 3, … */
  seq: number;
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** The stage of the run. */
  stage:
    | 'queued'
    | 'validating'
    | 'loading_data'
    | 'simulating'
    | 'measuring'
    | 'completed'
    | 'failed'
    | 'cancelled';
  /**
   * Share of the whole run.
   * Unit: fraction.
   */
  progress: number;
  /** How many of `total` of this stage. */
  completed: number;
  /** How many there are in this stage; 0 where that is not known. */
  total: number;
  /**
   * Since the run began.
   * Unit: milliseconds.
   */
  elapsed_ms: number;
}
