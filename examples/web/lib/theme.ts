export const THEME_KEY = 'backtest-theme'

/** Sets the remembered theme before anything is painted; it stands in the head, under the page's nonce. */
export const THEME_SCRIPT = `try{const t=localStorage.getItem(${JSON.stringify(THEME_KEY)});if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}`
