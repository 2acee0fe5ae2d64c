package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Range;
import dev.hone.tensor.Device;
import dev.hone.tensor.Engine;

/** How long and how fast a run learns. */
public record TrainConfig(
    @Doc("Passes over the training rows; ignored when steps is given") @Range(min = 0, max = 10000)
        double epochs,
    @Doc("Optimiser steps; 0 means: as many as the epochs need") @Range(min = 0) int steps,
    @Doc("Rows of one optimiser step") @Range(min = 1) int batch,
    @Doc("Rows computed at once; 0 means as many as go well together. Gradients are equal")
        @Range(min = 0)
        int microBatch,
    @Doc(
            "Tokens computed at once, padding included where there is any; -1 means what suits the"
                + " device, 1,024 on a CPU and 16,384 on a GPU, 0 any number. Gradients are equal")
        @Range(min = -1)
        int microTokens,
    @Doc(
            "Rows of unequal length one behind the other in place of side by side with padding:"
                + " auto does so on a GPU. Gradients are equal")
        Packing packing,
    @Doc("Keep only what goes into each layer and compute the layer again: less memory, slower")
        boolean gradientCheckpointing,
    @Doc(
            "Run layers below the lowest one that trains once a row, without dropout, and keep on"
                + " disk what they made")
        boolean cacheFrozen,
    @Doc("Keep the optimiser's moments in a file: less memory, two passes over the file a step")
        boolean momentsOnDisk,
    @Doc(
            "Move each weight as soon as its gradient is whole, on the way back, and drop the"
                + " gradient: the same numbers in less memory, where a step is one micro-batch (else"
                + " gradients wait for its last one); needs clip 0")
        boolean optimizerInBackward,
    @Doc("Highest learning rate") @Range(min = 0, max = 10) double rate,
    @Doc("Course of the rate after the warm-up; slanted-triangular has none, see 'slanted'")
        Schedule schedule,
    @Doc("Share of the steps over which the rate rises from 0; 1 and more counts steps")
        @Range(min = 0)
        double warmup,
    @Doc("Decoupled weight decay on matrices; norms, biases and embeddings are left out")
        @Range(min = 0)
        double weightDecay,
    @Range(min = 0, max = 0.9999) double beta1,
    @Range(min = 0, max = 0.999999) double beta2,
    @Range(min = 0) double epsilon,
    @Doc("Largest global gradient norm; 0 means no clipping") @Range(min = 0) double clip,
    @Doc("Share of the target's probability spread over all classes") @Range(min = 0, max = 0.5)
        double labelSmoothing,
    @Doc("Dropout of the model itself; -1 keeps what its config says") @Range(min = -1, max = 0.95)
        double dropout,
    @Doc("Validate every n steps; 0 means once an epoch") @Range(min = 0) int evaluateEvery,
    @Doc("Stop after this many validations without a better loss; 0 means never") @Range(min = 0)
        int patience,
    @Doc("Write a checkpoint every n steps; 0 means at each validation") @Range(min = 0)
        int checkpointEvery,
    @Doc("Keep the weights of the best validation instead of the last") boolean keepBest,
    @Doc("Shape of schedule slanted-triangular, in place of the warm-up") SlantConfig slanted,
    @Doc("What is different from layer to layer") LayersConfig layers,
    @Doc("AR and TAR, on what a recurrent model that learns a stream of text makes of it")
        ActivationConfig activations) {

  public TrainConfig {
    if (rate == 0) {
      throw new IllegalArgumentException("rate is 0, which would teach nothing; expected more");
    }
    if (optimizerInBackward && clip > 0) {
      throw new IllegalArgumentException(
          "train.optimizerInBackward: gradients are gone before their norm is known, so nothing can"
              + " be clipped; set train.clip to 0");
    }
  }

  /** Course of the learning rate after the warm-up. */
  public enum Schedule {
    CONSTANT,
    LINEAR,
    COSINE,
    /** Rises steeply, then falls slowly; it has a warm-up of its own. */
    SLANTED_TRIANGULAR
  }

  /** Whether rows go through the layers as one sequence. */
  public enum Packing {
    AUTO,
    TRUE,
    FALSE
  }

  public static TrainConfig defaults() {
    return new TrainConfig(
        3,
        0,
        16,
        0,
        -1,
        Packing.AUTO,
        false,
        true,
        false,
        false,
        1e-3,
        Schedule.COSINE,
        0.06,
        0.01,
        0.9,
        0.999,
        1e-8,
        1.0,
        0.0,
        -1,
        0,
        0,
        0,
        true,
        SlantConfig.defaults(),
        LayersConfig.defaults(),
        ActivationConfig.defaults());
  }

  /** Whether rows are packed on the device in use: few large operations are what a GPU likes. */
  public boolean packs() {
    return packing == Packing.AUTO ? Engine.device() == Device.CUDA : packing == Packing.TRUE;
  }

  /** Tokens computed at once; 0 means any number. */
  public int tokensAtOnce() {
    if (microTokens >= 0) {
      return microTokens;
    }
    return Engine.device() == Device.CUDA ? 16_384 : 1024;
  }

  /** The same mathematics in less memory. */
  public TrainConfig within(int atOnce, boolean checkpointing, boolean onDisk) {
    return copy(atOnce, checkpointing, onDisk, rate, layers);
  }

  /** The same with another highest rate, for a model of which all layers must learn alike. */
  public TrainConfig fromScratch(double other) {
    return copy(microTokens, gradientCheckpointing, momentsOnDisk, other, LayersConfig.defaults());
  }

  private TrainConfig copy(
      int atOnce, boolean checkpointing, boolean onDisk, double highest, LayersConfig perLayer) {
    return new TrainConfig(
        epochs,
        steps,
        batch,
        microBatch,
        atOnce,
        packing,
        checkpointing,
        cacheFrozen,
        onDisk,
        optimizerInBackward,
        highest,
        schedule,
        warmup,
        weightDecay,
        beta1,
        beta2,
        epsilon,
        clip,
        labelSmoothing,
        dropout,
        evaluateEvery,
        patience,
        checkpointEvery,
        keepBest,
        slanted,
        perLayer,
        activations);
  }
}
