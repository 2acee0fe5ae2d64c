package dev.hone.tensor;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the time of this program's tensors goes, for {@code hone bench}. While none is open a phase
 * costs one look at a field; while one is, a GPU is waited for at both ends of a phase.
 *
 * <p>Phases do not nest: what happens within one belongs to it. Only for programs in which one
 * thread computes.
 */
public final class Profile implements AutoCloseable {
  /** Kinds of work; the rest of the time is attention, norms, and what Java does. */
  public enum Phase {
    /** Matrix products of linears, forward and backward. */
    PRODUCTS,
    /** From the last hidden states to the loss and back. */
    HEAD,
    /** Clipping and the optimiser's step. */
    OPTIMIZER
  }

  /** A stretch of time that belongs to one phase. */
  public interface Stretch extends AutoCloseable {
    @Override
    void close();
  }

  private static final Stretch NOTHING = () -> {};
  private static volatile @Nullable Profile open;

  private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
  private boolean busy;

  private Profile() {}

  /** Begins to measure, until closed. */
  public static Profile open() {
    Profile profile = new Profile();
    open = profile;
    return profile;
  }

  /** Counts the time until the result is closed. */
  public static Stretch of(Phase phase) {
    Profile profile = open;
    return profile == null || profile.busy ? NOTHING : profile.begin(phase);
  }

  private Stretch begin(Phase phase) {
    busy = true;
    Engine.await();
    long begun = System.nanoTime();
    return () -> {
      Engine.await();
      nanos.merge(phase, System.nanoTime() - begun, Long::sum);
      busy = false;
    };
  }

  /** Forgets what was measured, for example a step that warmed up. */
  public void reset() {
    nanos.clear();
  }

  public double seconds(Phase phase) {
    return nanos.getOrDefault(phase, 0L) / 1e9;
  }

  @Override
  public void close() {
    open = null;
  }
}
