package dev.hone.generate;

import dev.hone.model.Adapter;
import dev.hone.model.Backbone;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.KeyValueCache;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.head.TextHead;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Texts that grow side by side, a token of each at a time.
 *
 * <p>Prompts of a decoder are read in groups of equal length, so that none is padded and each is
 * read as if it were alone; their caches are then put below each other.
 */
final class Decoding implements AutoCloseable {
  private final Backbone backbone;
  private final TextHead head;
  private Pass pass;
  private final int capacity;
  private KeyValueCache cache;

  /** Columns of the cache before each row's first token. */
  private long[] padding;

  /** Whether some row within reach has to be read again. */
  private final boolean rereads;

  /** Ids of each row where it may have to be read again; otherwise of its prompt. */
  private List<int[]> texts = List.of();

  /**
   * @param columns most that the cache will hold
   */
  Decoding(Model model, Adapter adapter, int columns) {
    this.backbone = model.backbone();
    this.head = (TextHead) model.head();
    this.pass = Pass.plain().with(adapter);
    this.capacity = columns;
    this.rereads = IntStream.range(0, columns).anyMatch(backbone::turnsAnew);
    this.cache = new KeyValueCache(columns);
    this.padding = new long[0];
  }

  /**
   * Reads the prompts.
   *
   * @param prompts the shortest first
   * @param choose is given the logits [B, V] of the next tokens; they live no longer than the call
   */
  <T> T begin(List<int[]> prompts, Function<Tensor, T> choose) {
    try (Scope scope = Scope.open()) {
      padding = new long[prompts.size()];
      texts = prompts;
      return chosen(
          backbone instanceof EncoderDecoder ? encoded(prompts) : prefilled(prompts), choose);
    }
  }

  private <T> T chosen(Tensor hidden, Function<Tensor, T> choose) {
    return choose.apply(head.logits(hidden, pass).squeeze(1));
  }

  /** All prompts side by side behind a mask; the decoder begins with its start token. */
  private Tensor encoded(List<int[]> prompts) {
    int rows = prompts.size();
    int width = prompts.getLast().length;
    long[] ids = new long[rows * width];
    long[] mask = new long[rows * width];
    for (int row = 0; row < rows; row++) {
      int[] prompt = prompts.get(row);
      for (int t = 0; t < prompt.length; t++) {
        ids[row * width + t] = prompt[t];
        mask[row * width + t] = 1;
      }
    }
    boolean even = prompts.getFirst().length == width;
    return backbone.forward(
        new Inputs(
            Tensors.of(ids, rows, width), even ? null : Tensors.of(mask, rows, width), null, null),
        pass.with(cache));
  }

  private Tensor prefilled(List<int[]> prompts) {
    int longest = prompts.getLast().length;
    if (prompts.getFirst().length == longest) {
      return last(prompts, pass.with(cache));
    }
    List<Tensor> hidden = new ArrayList<>();
    List<KeyValueCache> parts = new ArrayList<>();
    try {
      for (int from = 0; from < prompts.size(); ) {
        int length = prompts.get(from).length;
        int to = from;
        while (to < prompts.size() && prompts.get(to).length == length) {
          padding[to++] = longest - length;
        }
        parts.add(new KeyValueCache(pass.adapter().taken() + length));
        Adapter own = pass.adapter().ofRows(IntStream.range(from, to).toArray());
        hidden.add(last(prompts.subList(from, to), pass.with(own).with(parts.getLast())));
        from = to;
      }
      replaceBy(KeyValueCache.joined(parts, capacity));
    } finally {
      parts.forEach(KeyValueCache::close);
    }
    return Tensors.cat(hidden, 0);
  }

  private Tensor last(List<int[]> prompts, Pass into) {
    int width = prompts.getFirst().length;
    long[] ids = prompts.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
    Tensor all = backbone.forward(Inputs.of(Tensors.of(ids, prompts.size(), width)), into);
    return all.narrow(1, width - 1, 1);
  }

  /**
   * @param tokens one for each row, which join the cache
   */
  <T> T step(long[] tokens, Function<Tensor, T> choose) {
    texts = rereads ? longer(texts, tokens) : texts;
    try (Scope scope = Scope.open()) {
      if (rereads && turnsAnew()) {
        return chosen(reread(), choose);
      }
      Tensor ids = Tensors.of(tokens, tokens.length, 1);
      Pass cached = pass.with(cache);
      return chosen(
          even() ? backbone.next(ids, cached) : backbone.forward(uneven(ids), cached), choose);
    }
  }

  private static List<int[]> longer(List<int[]> texts, long[] tokens) {
    List<int[]> longer = new ArrayList<>();
    for (int row = 0; row < tokens.length; row++) {
      int[] text = texts.get(row);
      int[] grown = Arrays.copyOf(text, text.length + 1);
      grown[text.length] = (int) tokens[row];
      longer.add(grown);
    }
    return longer;
  }

  private boolean turnsAnew() {
    return Arrays.stream(padding).anyMatch(begin -> backbone.turnsAnew(cache.length() - begin));
  }

  /** All texts once more, as what is remembered of one of them was turned as in a shorter row. */
  private Tensor reread() {
    replaceBy(new KeyValueCache(capacity));
    padding = new long[texts.size()];
    return prefilled(texts);
  }

  private boolean even() {
    return Arrays.stream(padding).allMatch(p -> p == 0);
  }

  private Inputs uneven(Tensor ids) {
    int rows = padding.length;
    int columns = cache.length() + 1;
    long[] mask = new long[rows * columns];
    long[] places = new long[rows];
    for (int row = 0; row < rows; row++) {
      int begin = Math.toIntExact(padding[row]);
      Arrays.fill(mask, row * columns + begin, (row + 1) * columns, 1);
      places[row] = columns - 1L - begin;
    }
    return new Inputs(ids, Tensors.of(mask, rows, columns), null, Tensors.of(places, rows, 1));
  }

  /** Goes on with these rows alone, which may be fewer or the same one several times. */
  void select(long[] rows) {
    padding = Arrays.stream(rows).map(row -> padding[(int) row]).toArray();
    int[] places = Arrays.stream(rows).mapToInt(Math::toIntExact).toArray();
    pass = pass.with(pass.adapter().ofRows(places));
    texts = textsOf(rows);
    replaceBy(cache.selected(rows, capacity));
  }

  /** Goes on in each row from the positions of another row with the same prompt. */
  void reorder(long[] rows) {
    boolean same = true;
    for (int i = 0; i < rows.length; i++) {
      same &= rows[i] == i;
    }
    if (!same) {
      texts = textsOf(rows);
      cache.reorder(rows);
    }
  }

  private List<int[]> textsOf(long[] rows) {
    return Arrays.stream(rows).mapToObj(row -> texts.get((int) row)).toList();
  }

  private void replaceBy(KeyValueCache other) {
    cache.close();
    cache = other;
  }

  @Override
  public void close() {
    cache.close();
  }
}
