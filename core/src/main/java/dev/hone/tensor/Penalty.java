package dev.hone.tensor;

import java.util.List;

/**
 * Terms of a loss that look at hidden states on their way: the numbers pass unchanged, and the
 * gradient of the term joins theirs on the way back. They work while a {@link Tape} is open.
 */
public final class Penalty {
  private Penalty() {}

  /**
   * Adds {@code weight} times the sum of squares to the loss.
   *
   * @return x
   */
  public static Tensor squares(Tensor x, double weight) {
    return joined(x, x.detach().mul(2 * weight));
  }

  /**
   * Adds {@code weight} times the sum of squares of what changes from one position to the next.
   *
   * @param x [B, T, C]
   * @return x
   */
  public static Tensor changes(Tensor x, double weight) {
    long steps = x.size(1) - 1;
    if (steps < 1) {
      return x;
    }
    Tensor fixed = x.detach();
    Tensor change = fixed.narrow(1, 1, steps).sub(fixed.narrow(1, 0, steps));
    Tensor none = Tensors.zeros(x.size(0), 1, x.size(2));
    Tensor arrived = Tensors.cat(List.of(none, change), 1);
    Tensor left = Tensors.cat(List.of(change, none), 1);
    return joined(x, arrived.sub(left).mul(2 * weight));
  }

  private static Tensor joined(Tensor x, Tensor gradient) {
    if (!Tape.recording() || !x.requiresGrad()) {
      return x;
    }
    return Tape.cut(
        List.of(x), List.of(gradient), x.detach().copy(), coming -> List.of(coming.add(gradient)));
  }
}
