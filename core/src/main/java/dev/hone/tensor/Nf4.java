package dev.hone.tensor;

import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * NormalFloat in four bits with double quantisation (QLoRA, arXiv:2305.14314, sections 3 and
 * appendix E; the arrangement is that of bitsandbytes). Each block of 64 numbers, counted over the
 * rows one after the other, is divided by its largest absolute number, and each quotient becomes
 * the nearest of 16 quantiles of a normal distribution. The largest numbers, less their mean, are
 * quantised in turn: groups of 256 of them, each a byte, times one F32. In all 4.127 bits a number.
 *
 * @param codes U8 [N, 32] for N blocks, the last filled up with zeros; two numbers a byte, the
 *     first in its higher half
 * @param largest U8 [N]
 * @param groups F32 [ceil(N / 256)]
 * @param mean F32 [1]
 */
public record Nf4(long rows, long columns, Tensor codes, Tensor largest, Tensor groups, Tensor mean)
    implements Packing {
  private static final int BLOCK = 64;
  private static final int GROUP = 256;

  private static final CodeBook QUANTILES =
      new CodeBook(
          -1.0f,
          -0.6961928009986877f,
          -0.5250730514526367f,
          -0.39491748809814453f,
          -0.28444138169288635f,
          -0.18477343022823334f,
          -0.09105003625154495f,
          0.0f,
          0.07958029955625534f,
          0.16093020141124725f,
          0.24611230194568634f,
          0.33791524171829224f,
          0.44070982933044434f,
          0.5626170039176941f,
          0.7229568362236023f,
          1.0f);

  private static final CodeBook LARGEST = CodeBook.dynamic();

  /** The two numbers of each byte, so that one look finds both. */
  private static final float[] PAIRS = pairs();

  private static float[] pairs() {
    float[] pairs = new float[2 * 256];
    for (int code = 0; code < 256; code++) {
      pairs[2 * code] = QUANTILES.value(code >> 4);
      pairs[2 * code + 1] = QUANTILES.value(code & 15);
    }
    return pairs;
  }

  public Nf4 {
    long blocks = Math.ceilDiv(rows * columns, BLOCK);
    if (codes.numel() != blocks * BLOCK / 2
        || largest.numel() != blocks
        || groups.numel() != Math.ceilDiv(blocks, GROUP)
        || mean.numel() != 1) {
      throw Shapes.mismatch(
          "nf4 [" + rows + ", " + columns + "]", "its parts", codes, largest, groups, mean);
    }
  }

  /**
   * @param matrix F32 [R, C]
   */
  public static Nf4 of(Tensor matrix) {
    Tensor blocks = filledUp(matrix.reshape(-1), BLOCK);
    Tensor largest = largest(blocks);
    Tensor codes =
        QUANTILES.nearest(blocks.div(largest.add(Float.MIN_NORMAL).unsqueeze(1))).view(-1, 2);
    Tensor bytes = codes.select(1, 0).mul(16L).add(codes.select(1, 1)).to(DType.U8);
    Tensor mean = largest.mean().view(1);
    Tensor grouped = filledUp(largest.sub(mean), GROUP);
    Tensor groups = largest(grouped);
    Tensor quotients = grouped.div(groups.add(Float.MIN_NORMAL).unsqueeze(1));
    Tensor largestCodes = LARGEST.nearest(quotients).to(DType.U8).view(-1);
    return new Nf4(
        matrix.size(0),
        matrix.size(1),
        bytes.view(-1, BLOCK / 2),
        largestCodes.narrow(0, 0, largest.size(0)).copy(),
        groups,
        mean);
  }

  /** Whole rows of this width, with zeros at the end. */
  private static Tensor filledUp(Tensor flat, int width) {
    long missing = Math.floorMod(-flat.size(0), (long) width);
    Tensor whole =
        missing == 0 ? flat : Tensors.cat(java.util.List.of(flat, Tensors.zeros(missing)), 0);
    return whole.view(-1, width);
  }

  private static Tensor largest(Tensor blocks) {
    return new Tensor(blocks.abs().handle().amax(new long[] {1}, false));
  }

  @Override
  public Map<String, Tensor> parts() {
    return Map.of("codes", codes, "largest", largest, "groups", groups, "mean", mean);
  }

  @Override
  public Tensor dense() {
    Tensor numbers = numbers(codes, scales());
    return numbers.view(-1).narrow(0, 0, rows * columns).view(rows, columns);
  }

  @Override
  public Tensor rows(Tensor index) {
    if (columns % BLOCK != 0) { // a block may hold the end of one row and the start of the next
      return dense().indexSelect(0, index);
    }
    long each = columns / BLOCK;
    Tensor bytes = codes.view(rows, each * BLOCK / 2).indexSelect(0, index);
    Tensor scales = scales().view(rows, each).indexSelect(0, index);
    return numbers(bytes, scales.view(-1)).view(-1, columns);
  }

  /** The blocks' largest absolute numbers [N], as far as they are known. */
  private Tensor scales() {
    Tensor grouped = filledUp(LARGEST.numbers(largest), GROUP);
    grouped.mulInPlace(groups.unsqueeze(1));
    return grouped.view(-1).narrow(0, 0, largest.size(0)).add(mean);
  }

  /**
   * @param bytes U8 of 32 a block
   * @param scales [N]
   * @return [N, 64]
   */
  private static Tensor numbers(Tensor bytes, Tensor scales) {
    Tensor table = Tensors.of(PAIRS, PAIRS.length);
    Tensor asLongs = new Tensor(table.handle().view(ScalarType.Long));
    Tensor numbers = new Tensor(asLongs.lookUp(bytes).handle().view(ScalarType.Float));
    Tensor blocks = numbers.view(-1, BLOCK);
    blocks.mulInPlace(scales.unsqueeze(1));
    return blocks;
  }
}
