package dev.hone.data;

import dev.hone.data.chat.ChatEncoder;
import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.tokenizer.Encoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns examples into token ids with a label mask.
 *
 * <p>A prompt and its completion are encoded apart from each other, so that no token lies on the
 * boundary and the mask is exact. The end token is always a label, whatever the pad token is.
 */
public final class RowEncoder {
  private final Encoder encoder;
  private final DataConfig config;
  private final int maxTokens;
  private final List<String> labels;
  private final @Nullable ChatEncoder chat;
  private final int[] begin;
  private final int longestChoice;
  private int shortened;

  /**
   * @param context tokens that the model can hold; {@code data.maxTokens} may ask for fewer
   * @param labels the task's labels in the order of their numbers; empty where rows have none
   * @param chat encodes conversations; null where rows are none
   * @throws HoneException when {@code data.maxTokens} exceeds the context, the tokenizer has no end
   *     token, a pattern lacks its place holder, or a label does not fit
   */
  public RowEncoder(
      Encoder encoder,
      DataConfig config,
      int context,
      List<String> labels,
      @Nullable ChatEncoder chat) {
    this.encoder = encoder;
    this.config = config;
    this.labels = List.copyOf(labels);
    this.chat = chat;
    this.maxTokens = DataConfig.within(config.maxTokens(), context);
    if (config.stride() >= maxTokens) {
      throw new HoneException(
          "data.stride %d would leave tokens without anything before them in rows of %d; set it to %d or less"
              .formatted(config.stride(), maxTokens, maxTokens - 1));
    }
    requireEnd(encoder);
    this.begin = encoder.addsBos() ? new int[] {encoder.bosId()} : new int[0];
    if (!labels.isEmpty()) {
      placeHolder("prompt", config.prompt(), "{text}");
      placeHolder("answer", config.answer(), "{label}");
    }
    this.longestChoice = choices(labels).stream().mapToInt(c -> c.length).max().orElse(0);
    if (longestChoice + 2 + begin.length > maxTokens) {
      throw new HoneException(
          "the longest label takes %d tokens, too many for rows of %d; raise data.maxTokens or shorten the label"
              .formatted(longestChoice, maxTokens));
    }
  }

  /**
   * Encodes rows of any kind; a document longer than a row gives several rows, with {@code
   * data.stride} as windows that overlap.
   *
   * @throws HoneException when more than {@code data.maxDropped} of the rows hold nothing to learn
   *     or do not fit, and for a label that is not among the task's
   */
  public EncodedRows encode(List<? extends Example> examples) {
    List<TokenRow> rows = new ArrayList<>();
    List<Dropped> dropped = new ArrayList<>();
    shortened = 0;
    for (Example example : examples) {
      try {
        List<TokenRow> encoded = encode(example);
        if (encoded.stream().anyMatch(r -> r.learnedTokens() == 0)) {
          throw new DroppedRow("no token to learn");
        }
        encoded.forEach(row -> rows.add(row.ofTask(example.task())));
      } catch (DroppedRow e) {
        dropped.add(new Dropped(example.origin(), e.reason()));
      }
    }
    Dropped.check(dropped, examples.size(), config.maxDropped());
    return new EncodedRows(rows, dropped, shortened);
  }

  /**
   * For pre-training: all documents as one stream, an end token after each, cut into rows of
   * exactly {@code maxTokens}; only the last row may be shorter.
   */
  public EncodedRows packed(List<Example.Text> documents) {
    return packed(documents, maxTokens, 0);
  }

  /**
   * The same in rows of {@code length} tokens, each of which begins with the last token of the one
   * before: for a model that remembers where that one ended. Every token but the first is learned.
   *
   * @param length where {@code data.maxTokens} does not say
   */
  public EncodedRows streamed(List<Example.Text> documents, int length) {
    int asked = config.maxTokens() == 0 ? length : config.maxTokens();
    if (asked < 2) {
      throw new HoneException("data.maxTokens is 1: a row of a stream needs two tokens");
    }
    return packed(documents, asked, 1);
  }

  /**
   * @param shared tokens that a row has from the end of the one before
   */
  private EncodedRows packed(List<Example.Text> documents, int length, int shared) {
    int[][] framed = new int[documents.size()][];
    Arrays.setAll(framed, i -> framed(documents.get(i)));
    int[] stream = concat(framed);
    List<TokenRow> rows = new ArrayList<>();
    int document = 0;
    int documentEnd = framed.length == 0 ? 0 : framed[0].length;
    for (TokenRow window : windows(stream, "packed", length, shared)) {
      // A row is named after the document in which it starts.
      int start = rows.size() * (length - shared);
      while (document + 1 < framed.length && start >= documentEnd) {
        document++;
        documentEnd += framed[document].length;
      }
      rows.add(new TokenRow(window.ids(), window.learned(), -1, documents.get(document).origin()));
    }
    return new EncodedRows(rows, List.of(), 0);
  }

  /**
   * The ids that stand before the answer of a labelled row: begin token and prompt. They are cut
   * from the left to leave room for the longest label, and so are the same for every label.
   */
  public int[] prompt(Example.Labelled example) {
    int[] prompt = encoder.encode(config.prompt().replace("{text}", example.whole()));
    return concat(begin, right(prompt, maxTokens - begin.length - longestChoice - 1));
  }

  /** The ids of each label as an answer, without the end token: what training rows hold. */
  public List<int[]> choices(List<String> labels) {
    return labels.stream()
        .map(label -> encoder.encode(config.answer().replace("{label}", label)))
        .toList();
  }

  private List<TokenRow> encode(Example example) throws DroppedRow {
    return switch (example) {
      case Example.Labelled e -> {
        int label = labels.indexOf(e.label());
        if (label < 0) {
          throw new HoneException(
              "%s: label '%s' is not among the task's labels%s"
                  .formatted(e.origin(), e.label(), Nearest.hint(e.label(), labels)));
        }
        yield List.of(row(prompt(e), choices(List.of(e.label())).getFirst(), label, e.origin()));
      }
      case Example.Completion e -> List.of(completion(e, 0));
      case Example.Chat e -> {
        ChatEncoder.Encoded encoded = chat(e.origin()).encode(e, maxTokens);
        shortened += encoded.turnsLeftOut() > 0 ? 1 : 0;
        yield List.of(encoded.row());
      }
      case Example.Text e ->
          config.stride() > 0
              ? sliding(framed(e), e.origin())
              : windows(framed(e), e.origin(), maxTokens, 0);
      case Example.Pair e -> List.of(pair(e));
      case Example.MultiLabelled e -> throw noWords(e);
      case Example.Rated e -> throw noWords(e);
      case Example.Tagged e -> throw noWords(e);
      case Example.Asked e -> throw noWords(e);
      case Example.Choice e -> throw noWords(e);
      case Example.Judged e -> {
        TokenRow row = answers(List.of(e.answer()), e.origin()).getFirst();
        yield List.of(new TokenRow(row.ids(), row.learned(), e.wanted() ? 1 : 0, e.origin()));
      }
    };
  }

  private static HoneException noWords(Example example) {
    return new HoneException(
        example.origin()
            + ": this row is answered by a head of its own, but the model answers in words");
  }

  private TokenRow pair(Example.Pair example) throws DroppedRow {
    List<TokenRow> both = answers(List.of(example.chosen(), example.rejected()), example.origin());
    TokenRow chosen = both.getFirst();
    if (Arrays.equals(chosen.ids(), both.getLast().ids())) {
      throw new DroppedRow("chosen and rejected are the same tokens");
    }
    return new TokenRow(chosen.ids(), chosen.learned(), -1, example.origin(), both.getLast());
  }

  /** Answers to one question: all of them see as much of it as the longest leaves room for. */
  private List<TokenRow> answers(List<Example> answers, String origin) throws DroppedRow {
    List<TokenRow> rows = new ArrayList<>();
    if (answers.getFirst() instanceof Example.Chat) {
      ChatEncoder.Answers encoded =
          chat(origin).answers(answers.stream().map(Example.Chat.class::cast).toList(), maxTokens);
      shortened += encoded.turnsLeftOut() > 0 ? 1 : 0;
      return encoded.rows();
    }
    int longest = 0;
    for (Example answer : answers) {
      longest =
          Math.max(longest, encoder.encode(((Example.Completion) answer).completion()).length);
    }
    for (Example answer : answers) {
      rows.add(completion((Example.Completion) answer, longest));
    }
    return rows;
  }

  private ChatEncoder chat(String origin) {
    if (chat == null) {
      throw new HoneException(
          origin + ": a conversation, but the model's folder has no chat template");
    }
    return chat;
  }

  /**
   * @param least tokens to leave room for after the prompt, if the completion itself takes fewer
   */
  private TokenRow completion(Example.Completion example, int least) throws DroppedRow {
    int[] prompt = encoder.encode(example.prompt());
    int[] completion = encoder.encode(example.completion());
    // One token at least must stand before the completion, or its first token cannot be learned.
    int before = Math.max(begin.length, prompt.length > 0 ? 1 : 0);
    int room = Math.max(completion.length, least);
    if (before + room + 1 > maxTokens) {
      throw new DroppedRow(
          "completion of %d tokens does not fit into %d".formatted(room, maxTokens));
    }
    int[] kept = right(prompt, maxTokens - begin.length - room - 1);
    return row(concat(begin, kept), completion, -1, example.origin());
  }

  private TokenRow row(int[] prompt, int[] completion, int label, String origin) throws DroppedRow {
    if (completion.length == 0) {
      throw new DroppedRow("the completion has no tokens");
    }
    int[] ids = concat(prompt, completion, new int[] {encoder.eosId()});
    boolean[] learned = new boolean[ids.length];
    Arrays.fill(learned, prompt.length, ids.length, true);
    return new TokenRow(ids, learned, label, origin);
  }

  private int[] framed(Example.Text document) {
    return concat(begin, encoder.encode(document.text()), new int[] {encoder.eosId()});
  }

  private static List<TokenRow> windows(int[] ids, String origin, int length, int shared) {
    List<TokenRow> rows = new ArrayList<>();
    for (int from = 0; from + shared < ids.length; from += length - shared) {
      int to = Math.min(from + length, ids.length);
      // A last token alone would have nothing before it to be learned from.
      int start = to - from == 1 && from > 0 ? from - 1 : from;
      boolean[] learned = new boolean[to - start];
      Arrays.fill(learned, true);
      rows.add(new TokenRow(Arrays.copyOfRange(ids, start, to), learned, -1, origin));
    }
    return rows;
  }

  /**
   * Windows of {@code maxTokens} that begin {@code stride} tokens after each other; each learns
   * what none before it held, so that every token but the first is a label once.
   */
  private List<TokenRow> sliding(int[] ids, String origin) {
    List<TokenRow> rows = new ArrayList<>();
    int seen = 0;
    for (int from = 0; seen < ids.length; from += config.stride()) {
      int to = Math.min(from + maxTokens, ids.length);
      boolean[] learned = new boolean[to - from];
      Arrays.fill(learned, seen - from, to - from, true);
      rows.add(new TokenRow(Arrays.copyOfRange(ids, from, to), learned, -1, origin));
      seen = to;
    }
    return rows;
  }

  private int[] right(int[] ids, int length) {
    if (ids.length <= length) {
      return ids;
    }
    shortened++;
    return Arrays.copyOfRange(ids, ids.length - length, ids.length);
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  static void requireEnd(Encoder encoder) {
    if (encoder.eosId() < 0) {
      throw new HoneException(
          "the tokenizer has no end token, so that the model could not learn to stop; set eos_token"
              + " in tokenizer_config.json");
    }
  }

  static void placeHolder(String key, String pattern, String place) {
    if (!pattern.contains(place)) {
      throw new HoneException(
          "data.%s '%s' does not say where the %s goes; put %s into it"
              .formatted(key, pattern.replace("\n", "\\n"), place.replaceAll("[{}]", ""), place));
    }
  }
}
