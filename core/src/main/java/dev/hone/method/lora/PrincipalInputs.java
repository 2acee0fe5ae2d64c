package dev.hone.method.lora;

import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directions in which inputs spread most, found batch by batch (incremental principal component
 * analysis, Ross et al. 2008). Keeps its tensors until closed.
 */
final class PrincipalInputs implements AutoCloseable {
  /** What PEFT takes. */
  private static final int POWER_ITERATIONS = 4;

  private final int wanted;
  private @Nullable Tensor directions;
  private @Nullable Tensor lengths;
  private @Nullable Tensor mean;
  private long seen;
  private double spread;
  private float[] similarity = new float[0];

  /**
   * @param wanted how many directions
   */
  PrincipalInputs(int wanted) {
    this.wanted = wanted;
  }

  /**
   * Takes more inputs into account; fewer than the directions that are wanted are passed over.
   *
   * @param x [N, in]
   */
  void add(Tensor x) {
    long count = x.size(0);
    if (count < wanted) {
      return;
    }
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor inputs = x.to(DType.F32);
      Tensor own = inputs.mean(0);
      Tensor centered = inputs.sub(own);
      Tensor rows = centered;
      Tensor middle = own;
      double before = spread;
      spread += centered.square().sum().item();
      Tensor known = directions;
      if (known != null && lengths != null && mean != null) {
        Tensor shift = mean.sub(own);
        double weight = (double) seen / (seen + count) * count;
        spread = before + centered.square().sum().item() + weight * shift.square().sum().item();
        rows =
            Tensors.cat(
                List.of(
                    known.mul(lengths.unsqueeze(1)),
                    centered,
                    shift.mul(Math.sqrt(weight)).unsqueeze(0)),
                0);
        middle = mean.mul((double) seen / (seen + count)).add(own, (double) count / (seen + count));
      }
      boolean large = 8L * wanted < Math.min(rows.size(0), rows.size(1));
      Linalg.Svd svd =
          large ? Linalg.svdLowrank(rows, 2 * wanted, POWER_ITERATIONS) : Linalg.svd(rows);
      Tensor found = svd.vh().narrow(0, 0, wanted).copy().keep();
      if (known != null) {
        similarity = found.mul(known).sum(1).abs().toFloats();
      }
      replace(found, svd.s().narrow(0, 0, wanted).copy().keep(), middle.copy().keep());
    }
    seen += count;
  }

  private void replace(Tensor newDirections, Tensor newLengths, Tensor newMean) {
    close();
    directions = newDirections;
    lengths = newLengths;
    mean = newMean;
  }

  /** Whether the first directions have stayed where they were with the last batch. */
  boolean settled(int first, double threshold) {
    if (similarity.length < first) {
      return false;
    }
    for (int i = 0; i < first; i++) {
      if (similarity[i] < threshold) {
        return false;
      }
    }
    return true;
  }

  /** The share of all spread that each direction has, falling; empty before the first inputs. */
  float[] shares() {
    if (lengths == null) {
      return new float[0];
    }
    try (Scope scope = Scope.open()) {
      return lengths.square().mul(1 / Math.max(spread, Double.MIN_NORMAL)).toFloats();
    }
  }

  /** The first directions [count, in], in the open scope. */
  Tensor first(int count) {
    if (directions == null) {
      throw new IllegalStateException("no inputs were seen");
    }
    return directions.narrow(0, 0, count).copy();
  }

  @Override
  public void close() {
    if (directions != null && lengths != null && mean != null) {
      directions.close();
      lengths.close();
      mean.close();
    }
  }
}
