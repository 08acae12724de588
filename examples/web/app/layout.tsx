import type {Metadata, Viewport} from 'next'
import {headers} from 'next/headers'
import type {ReactNode} from 'react'
import {siteOrigin} from '@/lib/server/origin'
import {THEME_SCRIPT} from '@/lib/theme'
import '@/generated/tokens.css'
import './globals.css'

export async function generateMetadata(): Promise<Metadata> {
  return {metadataBase: new URL(await siteOrigin()), description: 'Try an investment strategy on past prices.'}
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    {media: '(prefers-color-scheme: light)', color: '#ffffff'},
    {media: '(prefers-color-scheme: dark)', color: '#12151a'},
  ],
}

export default async function RootLayout({children}: {readonly children: ReactNode}) {
  const nonce = (await headers()).get('x-nonce') ?? undefined
  return (
    // The script sets data-theme before React looks, and a browser hides the nonce from it: both differ, and may.
    <html lang="en" suppressHydrationWarning>
      <head>
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{__html: THEME_SCRIPT}} />
      </head>
      <body>{children}</body>
    </html>
  )
}
