package dev.hone.tensor;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Operations whose backward pass is written by hand.
 *
 * <p>The engine records history by itself, but takes no operation of ours into it from Java. So
 * history is cut at such an operation: its result is a new leaf, and the tape remembers how a
 * gradient of that leaf becomes gradients of the inputs. Going back means to let the engine work
 * through the last piece of history, then to take the cuts from the latest to the first: each hands
 * the gradient that its leaf has collected on to the piece of history before it.
 *
 * <p>While no tape is open the same operations are recorded by the engine.
 */
public final class Tape implements AutoCloseable {
  private static final ThreadLocal<Deque<Tape>> OPEN = ThreadLocal.withInitial(ArrayDeque::new);

  /** What the way back comes by. */
  private sealed interface Stop {
    default void close() {}
  }

  /** Nothing that was recorded after this is still to come. */
  private record Mark(Runnable action) implements Stop {}

  /**
   * @param inputs what the result was made from, as far as it takes gradients
   * @param saved what the way back needs besides
   * @param leaf collects the gradient of the result; without numbers of its own
   * @param result what was handed out
   * @param backward from the gradient of the result to those of the inputs, in their order
   */
  private record Cut(
      List<Tensor> inputs,
      List<Tensor> saved,
      Tensor leaf,
      Tensor result,
      Function<Tensor, List<Tensor>> backward)
      implements Stop {
    @Override
    public void close() {
      inputs.forEach(Tensor::close);
      saved.forEach(Tensor::close);
      leaf.close();
    }
  }

  /** A gradient that waits for its other consumers. */
  private static final class Waiting {
    private int consumers;
    private @Nullable Tensor sum;
    private boolean own;

    void add(Tensor gradient) {
      if (sum == null) {
        sum = gradient.keep();
      } else if (own) {
        sum.addInPlace(gradient, 1);
      } else { // the first may be in use elsewhere
        Tensor both = sum.wide().add(gradient).keep();
        sum.close();
        sum = both;
        own = true;
      }
    }

    void handTo(Tensor input) {
      if (sum != null) {
        input.backwardAgain(sum.to(input.dtype()));
        close();
      }
    }

    void close() {
      if (sum != null) {
        sum.close();
        sum = null;
      }
    }
  }

  private final Deque<Stop> stops = new ArrayDeque<>();
  private final Map<Tensor, Waiting> waiting = new IdentityHashMap<>();
  private final Set<Object> marked = Collections.newSetFromMap(new IdentityHashMap<>());

  private Tape() {}

  /** Begins to cut in this thread, until closed; tapes nest, and the innermost one records. */
  public static Tape open() {
    Tape tape = new Tape();
    OPEN.get().push(tape);
    return tape;
  }

  /** Whether an operation that is worked by hand would be remembered now. */
  static boolean recording() {
    return !OPEN.get().isEmpty() && GradMode.isOn();
  }

  /**
   * Remembers an operation.
   *
   * @param inputs those that take gradients; with none, nothing is remembered
   * @param saved what {@code backward} needs besides, kept until it has run
   * @param result without history
   * @param backward from the gradient of the result to those of the inputs, in their order; runs
   *     without recording
   * @return the result, whose gradient the tape collects
   */
  static Tensor cut(
      List<Tensor> inputs,
      List<Tensor> saved,
      Tensor result,
      Function<Tensor, List<Tensor>> backward) {
    if (inputs.isEmpty()) {
      return result;
    }
    Tape tape = OPEN.get().element();
    inputs.forEach(Tensor::keep);
    saved.forEach(Tensor::keep);
    inputs.forEach(i -> tape.waiting.computeIfAbsent(i, n -> new Waiting()).consumers++);
    // The numbers live as long as someone uses them; the tape itself needs only the gradient.
    Tensor leaf = result.requiresGrad(true);
    Tensor handedOut;
    try (GradMode on = GradMode.on()) {
      handedOut = leaf.alias();
    }
    leaf.emptied();
    tape.stops.push(new Cut(inputs, saved, leaf.keep(), handedOut, backward));
    return handedOut;
  }

  /**
   * Runs an action on the way back, as soon as nothing that was recorded from now on is still to
   * come: what is used here for the first time then has its whole gradient, however often it was
   * used. Later calls with the same leaf change nothing, nor does one while no tape is open.
   */
  public static void whenDone(Tensor leaf, Runnable action) {
    // The outermost tape: those within it are gone through before, or again.
    Tape tape = OPEN.get().peekLast();
    if (tape != null && tape.marked.add(leaf)) {
      tape.stops.push(new Mark(action));
    }
  }

  /**
   * Cuts where a value goes several ways, so that the history before it is gone through once, with
   * the sum of what comes back on all of them.
   */
  public static Tensor boundary(Tensor x) {
    return recording() && x.requiresGrad() ? cut(List.of(x), List.of(), x.detach(), List::of) : x;
  }

  /**
   * An operation that keeps only its input, and is done again on the way back: less memory for more
   * time (arXiv:1604.06174). Numbers that it draws must come from a seed that it sets itself.
   */
  public static Tensor checkpoint(Tensor x, UnaryOperator<Tensor> operation) {
    if (!recording() || !x.requiresGrad()) {
      return operation.apply(x);
    }
    Tensor result;
    try (GradMode off = GradMode.off()) {
      result = operation.apply(x);
    }
    return cut(
        List.of(x),
        List.of(),
        result.detach(),
        gradient -> {
          try (GradMode on = GradMode.on();
              Tape inner = open()) {
            Tensor again = x.detach().requiresGrad(true);
            inner.backward(operation.apply(again), gradient);
            return List.of(Objects.requireNonNull(again.grad()));
          }
        });
  }

  /** Carries a gradient of a scalar back to every leaf below it. */
  public void backward(Tensor scalar) {
    backward(scalar, Tensors.full(1, scalar.shape()));
  }

  /** Carries a gradient of {@code result} back to every leaf below it. */
  public void backward(Tensor result, Tensor gradient) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Tensor given = null;
      if (latest() instanceof Cut cut && cut.result() == result) {
        given = gradient.to(result.dtype()); // straight to the last cut, not by way of its leaf
      } else {
        result.backwardAgain(gradient.to(result.dtype()));
      }
      while (!stops.isEmpty()) {
        Stop stop = stops.pop();
        try (Scope step = Scope.open()) {
          switch (stop) {
            case Mark mark -> mark.action().run();
            case Cut cut -> {
              carry(cut, given != null ? given : cut.leaf().grad());
              given = null;
            }
          }
        } finally {
          stop.close();
        }
      }
    }
  }

  private @Nullable Stop latest() {
    return stops.stream().filter(Cut.class::isInstance).findFirst().orElse(null);
  }

  private void carry(Cut cut, @Nullable Tensor gradient) {
    List<Tensor> gradients = gradient == null ? null : cut.backward().apply(gradient);
    for (int i = 0; i < cut.inputs().size(); i++) {
      Tensor input = cut.inputs().get(i);
      Waiting at = Objects.requireNonNull(waiting.get(input));
      if (gradients != null) {
        at.add(gradients.get(i));
      }
      if (--at.consumers == 0) {
        waiting.remove(input);
        at.handTo(input);
      }
    }
  }

  @Override
  public void close() {
    OPEN.get().remove(this);
    stops.forEach(Stop::close);
    waiting.values().forEach(Waiting::close);
    stops.clear();
    waiting.clear();
  }
}
