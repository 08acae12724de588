import {useId} from 'react'
import {inPlainWords} from '@/lib/plain-words'
import {type Finding, titleOf} from '@/lib/prices'
import styles from './prices.module.css'

/** What looks wrong, by the checks that warn in a run, too. */
export function Findings({findings}: {readonly findings: readonly Finding[]}) {
  const id = useId()
  return (
    <div className={styles.findings}>
      <h3 id={id}>What looks wrong</h3>
      {findings.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <ul aria-labelledby={id}>
          {findings.map(({code, detail, line}, n) => (
            <li key={n}>
              <strong>{titleOf(code)}</strong>
              {line != null && <span className={styles.line}>line {line}</span>}
              <span>{inPlainWords(detail)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
