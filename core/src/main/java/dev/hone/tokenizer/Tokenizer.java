package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's tokenizer, from a Hugging Face folder: byte-level BPE, WordPiece, SentencePiece's BPE
 * and Unigram alike.
 *
 * <p>Truncation and padding that a publisher left in tokenizer.json are switched off: they would
 * cut training rows in silence. Safe for use by many threads until it is closed.
 */
public final class Tokenizer implements Encoder, AutoCloseable {
  private final TokenizerFiles files;
  private final ObjectNode json;
  private final NativeTokenizer reference;
  private @Nullable NativeTokenizer plain;
  private final Map<String, Integer> vocabulary;
  private final List<String> specialTokens;
  private final int size;
  private final int bosId;
  private final int eosId;
  private final int padId;
  private final int unkId;
  private final int clsId;
  private final int sepId;
  private final int maskId;
  private final OptionalLong modelMaxLength;
  private final Set<Integer> eosIds;
  private final boolean addsBos;
  private final boolean addsEos;

  private Tokenizer(TokenizerFiles files) {
    this.files = files;
    json = files.tokenizer();
    json.putNull("truncation");
    json.putNull("padding");
    vocabulary = files.vocabulary();
    specialTokens = files.specialTokens();
    size = 1 + vocabulary.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    bosId = special(files, "bos_token");
    eosId = special(files, "eos_token");
    int pad = special(files, "pad_token");
    padId = pad >= 0 ? pad : eosId;
    unkId = special(files, "unk_token");
    clsId = special(files, "cls_token");
    sepId = special(files, "sep_token");
    maskId = special(files, "mask_token");
    modelMaxLength = files.modelMaxLength();
    eosIds = new LinkedHashSet<>();
    if (eosId >= 0) {
      eosIds.add(eosId);
    }
    eosIds.addAll(files.ids("eos_token_id"));
    NativeTokenizer asPublished = load(json);
    boolean bos = starts(asPublished, bosId);
    boolean eos = ends(asPublished, eosId);
    addsBos = bosId >= 0 && files.flag("add_bos_token", bos);
    addsEos = eosId >= 0 && files.flag("add_eos_token", eos);
    if (addsBos == bos && addsEos == eos) {
      reference = asPublished;
    } else { // the flags beside tokenizer.json have the last word, as in the reference
      asPublished.close();
      json.set(
          "post_processor",
          Parts.template(addsBos ? token(bosId) : null, addsEos ? token(eosId) : null, vocabulary));
      reference = load(json);
    }
  }

  /**
   * Loads the tokenizer of a model folder: tokenizer.json, or else the older files that say the
   * same (vocab.txt; vocab.json with merges.txt; a SentencePiece model).
   *
   * @throws HoneException where there is none or it is broken, or a special token is not in it
   */
  public static Tokenizer open(Path folder) {
    return new Tokenizer(TokenizerFiles.read(folder));
  }

  /** Special tokens that the text spells out become their ids, as in the reference. */
  @Override
  public int[] encode(String text) {
    return reference.encode(text, false);
  }

  /** On all processors: the library lets any number of threads encode at once. */
  @Override
  public List<int[]> encodeAll(List<String> texts) {
    return texts.parallelStream().map(this::encode).toList();
  }

  @Override
  public int[] encodeWithSpecial(String text) {
    return reference.encode(text, true);
  }

  /**
   * A text, or two that belong together, with the special tokens that the model expects.
   *
   * @param second null for a single text
   */
  public Encoding whole(String text, @Nullable String second) {
    return reference.whole(text, second);
  }

  /**
   * Words that stand apart already, as one text; {@code words} of the result are their numbers.
   *
   * <p>A byte-level tokenizer knows a word by the blank before it, which each of them gets (the
   * reference's {@code add_prefix_space}).
   */
  public Encoding words(List<String> words) {
    boolean blanks = kind().equals("byte-level BPE");
    return reference.words(blanks ? words.stream().map(w -> " " + w).toList() : words);
  }

  /**
   * Like {@link #encode}, but a special token that the text spells out stays plain text: for data
   * from strangers, which must not forge the end of a turn. The unknown token alone can still
   * occur.
   */
  public int[] encodePlain(String text) {
    return plain().encode(text, false);
  }

  public String decode(int[] ids, boolean skipSpecial) {
    return reference.decode(ids, skipSpecial);
  }

  /** Starts decoding of ids that arrive one by one. */
  public DecodeStream decodeStream(boolean skipSpecial) {
    return new DecodeStream(ids -> decode(ids, skipSpecial));
  }

  /** Largest id plus one; a model's embedding may have more rows. */
  public int vocabSize() {
    return size;
  }

  /** Id of a token as it stands in the vocabulary, or -1. */
  public int id(String token) {
    return vocabulary.getOrDefault(token, -1);
  }

  /** How it cuts words, for example {@code byte-level BPE}, {@code WordPiece}, {@code Unigram}. */
  public String kind() {
    String model = json.path("model").path("type").asString("");
    if (model.isEmpty()) { // files of the first versions name no type
      model = json.path("model").has("merges") ? "BPE" : "WordPiece";
    }
    boolean bytes =
        Stream.of("pre_tokenizer", "decoder")
            .anyMatch(part -> json.path(part).toString().contains("\"ByteLevel\""));
    return model.equals("BPE") && bytes ? "byte-level BPE" : model;
  }

  /** Tokens that are found before a text is cut, special or not, with their ids. */
  public Map<String, Integer> addedTokens() {
    Map<String, Integer> added = new LinkedHashMap<>();
    for (JsonNode token : json.path("added_tokens")) {
      String content = token.path("content").stringValue();
      added.put(content, token.path("id").intValue());
    }
    return added;
  }

  /** The token of an id as it stands in the vocabulary, or "" where there is none. */
  public String token(int id) {
    return vocabulary.entrySet().stream()
        .filter(entry -> entry.getValue() == id)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }

  /** Added tokens that are marked special, as spelt in a text. */
  public List<String> specialTokens() {
    return List.copyOf(specialTokens);
  }

  @Override
  public int eosId() {
    return eosId;
  }

  /** Every id that ends a generation: eos, and those of generation_config.json and config.json. */
  public Set<Integer> eosIds() {
    return Set.copyOf(eosIds);
  }

  @Override
  public int bosId() {
    return bosId;
  }

  /** Falls back to {@link #eosId}; padding must be masked by length, never by this id. */
  @Override
  public int padId() {
    return padId;
  }

  /** -1 where the model has none; so are {@link #clsId} and {@link #sepId}. */
  public int unkId() {
    return unkId;
  }

  public int clsId() {
    return clsId;
  }

  public int sepId() {
    return sepId;
  }

  /** The token that stands for a hidden word, or -1. */
  public int maskId() {
    return maskId;
  }

  /** The longest text in tokens that the publisher names, if any. */
  public OptionalLong modelMaxLength() {
    return modelMaxLength;
  }

  @Override
  public boolean addsBos() {
    return addsBos;
  }

  /** Whether the reference encoding of a text ends with eos. */
  public boolean addsEos() {
    return addsEos;
  }

  /**
   * Returns another tokenizer that knows k more tokens, with the ids from {@link #vocabSize} on, in
   * the order of the list. A model needs as many more rows in its embedding.
   *
   * @param special decoding without special tokens leaves them out
   * @throws HoneException where a token is empty or already known
   */
  public Tokenizer withAdded(List<String> tokens, boolean special) {
    return new Tokenizer(files.withAdded(tokens, special, size));
  }

  /**
   * Writes tokenizer.json, and tokenizer_config.json and special_tokens_map.json where there are
   * any, into a folder. Each file is replaced at once.
   */
  public void save(Path folder) {
    files.save(folder);
  }

  @Override
  public synchronized void close() {
    reference.close();
    if (plain != null) {
      plain.close();
    }
  }

  private synchronized NativeTokenizer plain() {
    if (plain == null) {
      plain = load(PlainText.withoutSpecial(json, specialTokens));
    }
    return plain;
  }

  private static boolean starts(NativeTokenizer tokenizer, int id) {
    int[] whole = tokenizer.encode("a", true);
    return id >= 0 && whole.length > tokenizer.encode("a", false).length && whole[0] == id;
  }

  private static boolean ends(NativeTokenizer tokenizer, int id) {
    int[] whole = tokenizer.encode("a", true);
    return id >= 0
        && whole.length > tokenizer.encode("a", false).length
        && whole[whole.length - 1] == id;
  }

  private int special(TokenizerFiles files, String role) {
    if (files.denies(role)) {
      return -1;
    }
    String token = files.token(role);
    if (token == null) {
      List<Integer> ids = files.ids(role + "_id");
      return ids.isEmpty() ? -1 : ids.getFirst();
    }
    Integer id = vocabulary.get(token);
    if (id == null) {
      throw new HoneException(
          files.source()
              + " has no token '"
              + token
              + "', which is named as "
              + role
              + " beside it; take both files from the same model");
    }
    return id;
  }

  private NativeTokenizer load(ObjectNode tokenizer) {
    try {
      return new NativeTokenizer(TokenizerFiles.JSON.writeValueAsString(tokenizer));
    } catch (HoneException e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw new HoneException(
          files.source()
              + " cannot be loaded: "
              + String.valueOf(e.getMessage()).replace('\n', ' '),
          e);
    }
  }
}
