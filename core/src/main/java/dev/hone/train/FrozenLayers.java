package dev.hone.train;

import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Inputs;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.Prefix;
import dev.hone.model.Stack;
import dev.hone.store.Hashes;
import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Remembers on disk what the layers below the lowest one that trains make of a row, so that they
 * run once a row instead of once an epoch. They run without dropout, and what they made is kept as
 * F16, or as F32 where a number is too large for that.
 *
 * <p>The file is named after everything that its content depends on. It may end in the middle of a
 * row where a run was killed: what is whole is used.
 */
public final class FrozenLayers implements Prefix, AutoCloseable {
  /** Changes when the same name would stand for other numbers. */
  private static final String VERSION = "1";

  private static final double LARGEST_F16 = 65504;

  /** Before each row: hash of its ids (2 x 8 bytes), tokens, width, bytes a number (4 each). */
  private static final int HEADER = 28;

  /** A row's hash. */
  private record Key(long high, long low) {
    static Key of(long[] ids, int from, int length) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * length);
      bytes.asLongBuffer().put(ids, from, length);
      ByteBuffer digest = ByteBuffer.wrap(Hashes.sha256().digest(bytes.array()));
      return new Key(digest.getLong(), digest.getLong());
    }
  }

  /** Where a row's numbers lie. */
  private record Place(long at, int tokens, int width, DType type) {
    long bytes() {
      return (long) tokens * width * type.bytes();
    }
  }

  private final int layers;
  private final Path path;
  private final FileChannel file;
  private final Map<Key, Place> places = new HashMap<>();
  private long end;

  private FrozenLayers(int layers, Path path, FileChannel file) {
    this.layers = layers;
    this.path = path;
    this.file = file;
  }

  /** How many of the lowest layers the method leaves as they are, embeddings included. */
  public static int count(Model model, Method method) {
    if (!(model.backbone() instanceof Stack stack)) {
      return 0;
    }
    try (Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      Inputs probe = Inputs.of(Tensors.of(new long[] {0, 0}, 1, 2));
      Pass pass = Pass.plain().with(method);
      Stack.Start start = stack.begin(probe, pass);
      Tensor x = start.hidden();
      int frozen = 0;
      while (frozen < stack.blocks().size() && !x.requiresGrad()) {
        x = stack.climb(new Stack.Start(x, start.frame()), frozen, frozen + 1, pass);
        frozen++;
      }
      return x.requiresGrad() ? Math.max(0, frozen - 1) : frozen;
    }
  }

  /**
   * @param folder where the file is, or will be
   * @param fingerprint of the base's configuration and weights
   * @param layers see {@link #count}
   */
  public static FrozenLayers open(Path folder, String fingerprint, Model model, int layers) {
    String depends = String.join("|", VERSION, fingerprint, model.architecture(), "" + layers);
    byte[] hash = Hashes.sha256().digest(depends.getBytes(StandardCharsets.UTF_8));
    String name = HexFormat.of().formatHex(hash, 0, 8);
    try {
      Files.createDirectories(folder);
      Path path = folder.resolve("layers-" + name + ".bin");
      FileChannel file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FrozenLayers opened = new FrozenLayers(layers, path, file);
      opened.scan();
      return opened;
    } catch (IOException e) {
      throw new HoneException(folder + ": cannot keep what frozen layers made: " + e, e);
    }
  }

  /** Finds the rows that are whole. */
  private void scan() throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    long size = file.size();
    while (end + HEADER <= size) {
      header.clear();
      file.read(header, end);
      header.flip();
      Key key = new Key(header.getLong(), header.getLong());
      int tokens = header.getInt();
      int width = header.getInt();
      DType type = header.getInt() == DType.F16.bytes() ? DType.F16 : DType.F32;
      Place place = new Place(end + HEADER, tokens, width, type);
      if (tokens < 0 || width < 0 || place.at() + place.bytes() > size) {
        break;
      }
      places.put(key, place);
      end = place.at() + place.bytes();
    }
    file.truncate(end);
  }

  @Override
  public int layers() {
    return layers;
  }

  @Override
  public Tensor hidden(Inputs inputs, Supplier<Tensor> compute) {
    int rows = Math.toIntExact(inputs.rows());
    int longest = Math.toIntExact(inputs.width());
    long[] ids = read(inputs);
    long[] lengths = lengths(inputs, rows, longest);
    Key[] keys = new Key[rows];
    Arrays.setAll(keys, r -> Key.of(ids, r * longest, (int) lengths[r]));
    try (GradMode off = GradMode.off()) {
      if (!Arrays.stream(keys).allMatch(places::containsKey)) {
        Tensor made = Scope.only(compute);
        for (int r = 0; r < rows; r++) {
          keep(keys[r], made.select(0, r).narrow(0, 0, lengths[r]));
        }
      }
      // Also what was only just made is taken from the file, rounded as it will be the next time:
      // a run that was killed after this and goes on has it from there.
      int width = Objects.requireNonNull(places.get(keys[0])).width();
      Tensor read = Tensors.zeros(DType.F32, rows, longest, width);
      for (int r = 0; r < rows; r++) {
        read(keys[r], read.select(0, r).narrow(0, 0, lengths[r]));
      }
      return read;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ids, and segments where there are any: what else a row's hidden states depend on. */
  private static long[] read(Inputs inputs) {
    long[] ids = inputs.ids().toLongs();
    if (inputs.tokenTypes() != null) {
      long[] types = inputs.tokenTypes().toLongs();
      for (int i = 0; i < ids.length; i++) {
        ids[i] |= types[i] << 32;
      }
    }
    return ids;
  }

  private static long[] lengths(Inputs inputs, int rows, int longest) {
    if (inputs.mask() != null) {
      return inputs.mask().sum(1).toLongs();
    }
    long[] all = new long[rows];
    Arrays.fill(all, longest);
    return all;
  }

  private void keep(Key key, Tensor states) throws IOException {
    if (places.containsKey(key)) {
      return;
    }
    try (Scope scope = Scope.open()) {
      DType type = states.abs().max().item() < LARGEST_F16 ? DType.F16 : DType.F32;
      Tensor plain = states.to(type).cpu().contiguous();
      int tokens = Math.toIntExact(states.size(0));
      int width = Math.toIntExact(states.size(1));
      ByteBuffer header = ByteBuffer.allocate(HEADER).putLong(key.high()).putLong(key.low());
      header.putInt(tokens).putInt(width).putInt(type.bytes()).flip();
      Place place = new Place(end + HEADER, tokens, width, type);
      file.write(plain.memory().asByteBuffer(), place.at());
      file.write(header, end);
      end = place.at() + place.bytes();
      places.put(key, place);
    }
  }

  private void read(Key key, Tensor into) throws IOException {
    Place place = Objects.requireNonNull(places.get(key));
    try (Scope scope = Scope.open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment mapped =
          file.map(FileChannel.MapMode.READ_ONLY, place.at(), place.bytes(), arena);
      Tensor kept = Tensors.over(mapped, place.type(), place.tokens(), place.width());
      into.copyFrom(kept.to(DType.F32).to(into.device()));
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
