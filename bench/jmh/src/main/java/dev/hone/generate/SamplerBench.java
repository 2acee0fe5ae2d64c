package dev.hone.generate;

import java.util.List;
import java.util.Random;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** One token of 50 thousand. */
@State(Scope.Thread)
public class SamplerBench {
  private final Sampler greedy = new Sampler(GenerationConfig.greedy(1));
  private final Sampler drawing =
      new Sampler(new GenerationConfig(1, 0.8, 50, 0.95, 1, List.of(), 1));
  private final float[] logits = new float[50_000];

  public SamplerBench() {
    Random random = new Random(1);
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
  }

  @Benchmark
  public int greedy() {
    return greedy.next(logits.clone(), Set.of());
  }

  @Benchmark
  public int drawn() {
    return drawing.next(logits.clone(), Set.of());
  }
}
