/** Cleaning of captions before they are tokenized. */

/**
 * `none` leaves captions as they are, `clip` strips them, makes one space of each white space and lower-cases, as
 * OpenCLIP's tokenizer does, `remoteclip` makes the first letter upper and all others lower case.
 * @source Liu et al., arXiv 2306.11029: github.com/ChenDelong1999/RemoteCLIP, remoteclip_retrieval.py
 */
export type CaptionCleaning = 'none' | 'clip' | 'remoteclip'
