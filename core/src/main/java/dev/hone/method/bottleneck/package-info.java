/**
 * Small networks with a narrow middle between the parts of a layer (Houlsby et al. 2019,
 * arXiv:1902.00751), and AdapterHub's files of them.
 */
@NullMarked
package dev.hone.method.bottleneck;

import org.jspecify.annotations.NullMarked;
