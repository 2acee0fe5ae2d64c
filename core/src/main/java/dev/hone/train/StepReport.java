package dev.hone.train;

import java.util.Map;

/**
 * One optimiser step, as a line of {@code metrics.jsonl}.
 *
 * @param step counted from 1
 * @param loss mean over the learned tokens of this step
 * @param gradNorm global gradient norm before clipping
 * @param tokens real tokens of this step
 * @param seconds duration of this step
 * @param measures what the objective has seen beside the loss
 */
public record StepReport(
    int step,
    int totalSteps,
    double epoch,
    double loss,
    double rate,
    double gradNorm,
    long tokens,
    double seconds,
    Map<String, Double> measures) {}
