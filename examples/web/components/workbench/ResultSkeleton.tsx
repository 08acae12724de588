import summary from '@/components/result/Summary.module.css'
import styles from './ResultPane.module.css'

/**
 * Where the parts of a result will be, as large as they mostly are: the bar of the sections, the sentence, what to beware
 * of, the tiles or, of several runs, the rows of their comparison, and the chart.
 */
export function ResultSkeleton({runs}: {runs: number}) {
  return (
    <div className={styles.skeleton} aria-hidden="true">
      <div className={styles.sections} />
      {Array.from({length: runs}, (_, index) => (
        <div key={index} className={styles.sentence} />
      ))}
      <div className={styles.notice} />
      <div className={styles.notice} />
      {runs > 1 ? (
        <div className={styles.rows}>
          {Array.from({length: 10}, (_, index) => (
            <div key={index} />
          ))}
        </div>
      ) : (
        <dl className={summary.tiles}>
          {Array.from({length: 6}, (_, index) => (
            <div key={index}>
              <dt>
                <span className={styles.word} />
              </dt>
              <dd>
                <span className={styles.figure} />
              </dd>
              <dd className={summary.beside}>
                <span className={styles.word} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <div className={styles.heading} />
      <div className={styles.controls} />
      <div className={styles.chart} />
      <div className={styles.falls} />
    </div>
  )
}
