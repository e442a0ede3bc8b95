import { type AttentionCode, attentionSentences } from '../domain/journey/attention.js';
import { type Stage, stages } from '../domain/journey/stage.js';
import type { Journeys } from './journeys.js';

const attentionCodes = Object.keys(attentionSentences) as AttentionCode[]; // its keys are the codes

/** How many running journeys are in each stage. Four calls to Temporal's visibility store. */
export async function countStages(journeys: Journeys): Promise<Map<Stage, number>> {
  const counts = new Map<Stage, number>();
  for (const stage of stages) counts.set(stage, await journeys.count({ stage }));
  return counts;
}

/** How many running journeys need attention, by code: only codes that occur. One call, or about a dozen if some do. */
export async function countAttention(journeys: Journeys): Promise<Map<AttentionCode, number>> {
  const counts = new Map<AttentionCode, number>();
  if ((await journeys.count({ attention: true })) === 0) return counts;
  for (const attention of attentionCodes) {
    const count = await journeys.count({ attention });
    if (count > 0) counts.set(attention, count);
  }
  return counts;
}
