import styles from './prices.module.css'

/** What is known, by name. */
export function Facts({facts}: {readonly facts: readonly (readonly [string, string])[]}) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
