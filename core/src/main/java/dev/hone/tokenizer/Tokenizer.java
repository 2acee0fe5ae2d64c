package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's tokenizer, from the tokenizer.json of a Hugging Face folder: byte-level BPE, WordPiece
 * and Unigram alike.
 *
 * <p>Truncation and padding that a publisher left in tokenizer.json are switched off: they would
 * cut training rows in silence. Safe for use by many threads until it is closed.
 */
public final class Tokenizer implements Encoder, AutoCloseable {
  private final Path folder;
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
  private final Set<Integer> eosIds;
  private final boolean addsBos;

  private Tokenizer(TokenizerFiles files) {
    folder = files.folder();
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
    eosIds = new LinkedHashSet<>();
    if (eosId >= 0) {
      eosIds.add(eosId);
    }
    eosIds.addAll(files.ids("eos_token_id"));
    reference = load(json);
    addsBos = bosId >= 0 && startsWithBos();
  }

  /**
   * Loads the tokenizer of a model folder.
   *
   * @throws HoneException where tokenizer.json is missing or broken, or a special token is not in
   *     it
   */
  public static Tokenizer open(Path folder) {
    return new Tokenizer(TokenizerFiles.read(folder));
  }

  /** Special tokens that the text spells out become their ids, as in the reference. */
  @Override
  public int[] encode(String text) {
    return reference.encode(text, false);
  }

  @Override
  public int[] encodeWithSpecial(String text) {
    return reference.encode(text, true);
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

  @Override
  public boolean addsBos() {
    return addsBos;
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

  private boolean startsWithBos() {
    int[] bare = encode("a");
    int[] whole = encodeWithSpecial("a");
    return whole.length > bare.length && whole[0] == bosId;
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
          folder.resolve("tokenizer.json")
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
          folder.resolve("tokenizer.json") + " cannot be loaded: " + e.getMessage(), e);
    }
  }
}
