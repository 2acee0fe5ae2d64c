package dev.hone.train;

/**
 * One optimiser step, as a line of {@code metrics.jsonl}.
 *
 * @param step counted from 1
 * @param loss mean over the learned tokens of this step
 * @param gradNorm global gradient norm before clipping
 * @param tokens real tokens of this step
 * @param seconds duration of this step
 */
public record StepReport(
    int step,
    int totalSteps,
    double epoch,
    double loss,
    double rate,
    double gradNorm,
    long tokens,
    double seconds) {}
