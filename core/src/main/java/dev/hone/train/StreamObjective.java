package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.model.Adapter;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Next-token prediction on a stream in {@link Lanes}: each row goes on with what the model
 * remembers of the row before it in its lane. An epoch begins with nothing remembered.
 *
 * <p>A row begins with the last token of the one before, so that its own last token is a label only
 * and not read.
 */
public final class StreamObjective implements Objective {
  private final CausalLmObjective words =
      new CausalLmObjective(read((model, inputs, pass) -> model.backbone().forward(inputs, pass)));

  private final ActivationConfig activations;
  private final Set<TokenRow> text = Collections.newSetFromMap(new IdentityHashMap<>());
  private final @Nullable TokenRow first;
  private @Nullable TokenRow begun;
  private Remembered before = Remembered.NOTHING;
  private Remembered after = Remembered.NOTHING;
  private Remembered measured = Remembered.NOTHING;

  /** With nothing learned beside the text. */
  public StreamObjective(List<TokenRow> text) {
    this(text, ActivationConfig.defaults());
  }

  /**
   * @param text the rows that are learned, in their order; empty for measuring alone
   * @param activations what is learned beside the text
   */
  public StreamObjective(List<TokenRow> text, ActivationConfig activations) {
    this.text.addAll(text);
    this.activations = activations;
    this.first = text.isEmpty() ? null : text.getFirst();
  }

  /** How what is read becomes hidden states. */
  private interface Layers {
    Tensor forward(Model model, Inputs inputs, Pass pass);
  }

  private static CausalLmObjective.Reader read(Layers layers) {
    return (model, pass, batch) -> {
      Inputs all = Inputs.of(batch);
      Inputs read = Inputs.of(all.ids().narrow(1, 0, all.width() - 1));
      Tensor hidden = layers.forward(model, read, pass);
      return Tensors.cat(
          List.of(hidden, Tensors.zeros(hidden.size(0), 1, hidden.size(2))), 1); // never looked at
    };
  }

  @Override
  public long count(Batch batch) {
    return words.count(batch);
  }

  @Override
  public Objective over(Model model, Adapter adapter, List<TokenRow> rows, int part, long padId) {
    TokenRow begin = rows.getFirst();
    if (text.contains(begin)) {
      if (begin != begun) { // the same step again begins where it began
        before = begin == first ? Remembered.NOTHING : after;
        begun = begin;
      }
      after = Remembered.NOTHING;
    } else { // another text, to be measured on: what is learned goes on later as if nothing had
      // been
      measured = Remembered.NOTHING;
    }
    return this;
  }

  @Override
  public Tensor lossSum(Model model, Pass pass, Batch batch, double smoothing) {
    return words.lossSum(model, pass, batch, smoothing);
  }

  /** Batches of a text to be measured on come in their order. */
  @Override
  public double value(Model model, Pass pass, Batch batch) {
    try (KeyValueCache cache = measured.cache(0, batch.rows())) {
      double sum = words.value(model, pass.with(cache), batch);
      measured = Remembered.NOTHING.and(cache);
      return sum;
    }
  }

  /** The parts of a step come in the order of its lanes, as their rows are of one length. */
  @Override
  public double learn(Model model, Pass pass, Batch batch, double smoothing, double factor) {
    try (KeyValueCache cache = before.cache(after.lanes(), batch.rows())) {
      double sum = learning(factor).learn(model, pass.with(cache), batch, smoothing, factor);
      after = after.and(cache);
      return sum;
    }
  }

  private CausalLmObjective learning(double factor) {
    return activations.isOff()
        ? words
        : new CausalLmObjective(
            read((model, inputs, pass) -> activations.read(model, inputs, pass, factor)));
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Tensor tensor : after.tensors(0, after.lanes())) {
      state.put("state." + state.size(), tensor);
    }
    return state;
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < state.size(); i++) {
      tensors.add(Objects.requireNonNull(state.get("state." + i)));
    }
    after = Remembered.NOTHING.and(tensors);
    begun = null;
  }

  /**
   * What the layers remember at the end of each lane.
   *
   * @param states two a layer, each with H numbers a lane
   */
  private record Remembered(int lanes, List<float[]> states) {
    static final Remembered NOTHING = new Remembered(0, List.of());

    /** For some of the lanes; empty where nothing is remembered of them. */
    KeyValueCache cache(int from, int rows) {
      if (from + rows > lanes) {
        return new KeyValueCache(0);
      }
      try (Scope scope = Scope.open()) {
        return KeyValueCache.resumed(tensors(from, rows));
      }
    }

    List<Tensor> tensors(int from, int rows) {
      return states.stream()
          .map(s -> Tensors.of(s, lanes, s.length / lanes).narrow(0, from, rows))
          .toList();
    }

    Remembered and(KeyValueCache cache) {
      return and(cache.states());
    }

    /** With more lanes below these. */
    Remembered and(List<Tensor> more) {
      List<float[]> all = new ArrayList<>();
      for (int i = 0; i < more.size(); i++) {
        float[] below = more.get(i).toFloats();
        float[] above = lanes == 0 ? new float[0] : states.get(i);
        float[] both = Arrays.copyOf(above, above.length + below.length);
        System.arraycopy(below, 0, both, above.length, below.length);
        all.add(both);
      }
      int rows = more.isEmpty() ? 0 : Math.toIntExact(more.getFirst().size(0));
      return new Remembered(lanes + rows, all);
    }
  }
}
