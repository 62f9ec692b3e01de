/** A sentence for the agent: why the call into the conference was not taken. `status` is that of the final response. */
export function whyRefused(status: number, phrase: string): string {
  if (status === 401 || status === 403) return 'The service did not let you in. Sign out and in again.'
  if (status === 408) return 'The service did not answer. Try again.'
  if (status === 480 || status === 503) return 'No media server is free at the moment. Try again in a minute.'
  if (status === 488) return 'Your browser and the service have no audio format in common.'
  const words = printable(phrase)
  return `The service refused the call (${status}${words && ` ${words}`}).`
}

/** A sentence for the agent: why the other side ended the call. `reason` is the Reason header of the BYE (RFC 3326). */
export function whyEnded(reason: string | undefined): string {
  const text = reason && /;\s*text="((?:[^"\\]|\\.)*)"/i.exec(reason)?.[1]
  const words = printable(text ?? '')
  return words ? `The service ended the call: ${words}.` : 'The service ended the call.'
}

/** A sentence for the agent: why the microphone cannot be used. `name` is that of the browser's error. */
export function whyNoMicrophone(name: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The microphone is blocked. Allow it for this page in your browser, then try again.'
    case 'NotFoundError':
      return 'No microphone was found. Plug in your headset, then try again.'
    case 'NotReadableError':
      return 'The microphone is in use by another program. Close that program, then try again.'
    default:
      return 'The microphone cannot be used. Check your headset, then try again.'
  }
}

const longestText = 120

function printable(text: string): string {
  return text
    .slice(0, longestText)
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{Zs}]/gu, '')
    .replace(/[.\s]+$/, '')
}
