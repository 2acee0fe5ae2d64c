package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What is done with the 64 rows of a step, of 16 to 512 tokens, before the model sees them. */
@State(Scope.Thread)
public class RowsBench {
  private final Random random = new Random(1);
  private final List<TokenRow> rows = Stream.generate(this::row).limit(64).toList();

  private TokenRow row() {
    int[] ids = random.ints(16 + random.nextInt(497), 0, 50_000).toArray();
    return new TokenRow(ids, new boolean[ids.length], -1, "rows.jsonl:1");
  }

  @Benchmark
  public Batch collate() {
    return Batch.of(rows, 0);
  }

  @Benchmark
  public List<List<TokenRow>> divide() {
    return MicroBatches.of(rows, 0, 2048, false);
  }
}
