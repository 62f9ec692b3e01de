/** How often something may happen: `perSecond` on average, `burst` at once. A rate of 0 sets no bound. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What is left of a rate. */
export interface Bucket {
  tokens: number
  /** When that was true, milliseconds. */
  at: number
}

/** A bucket from which nothing was taken yet. */
export function fullBucket({ burst }: Rate, now: number): Bucket {
  return { tokens: burst, at: now }
}

/** Takes one token; false when there is none. What is refused costs nothing. */
export function takeToken(bucket: Bucket, rate: Rate, now: number): boolean {
  if (rate.perSecond === 0) return true
  refill(bucket, rate, now)
  if (bucket.tokens < 1) return false
  bucket.tokens -= 1
  return true
}

/** Whether the bucket is as good as a new one. */
export function isFull(bucket: Bucket, rate: Rate, now: number): boolean {
  refill(bucket, rate, now)
  return rate.perSecond === 0 || bucket.tokens >= rate.burst
}

function refill(bucket: Bucket, { perSecond, burst }: Rate, now: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
  bucket.at = now
}
