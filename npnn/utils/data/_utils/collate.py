"""torch.utils.data._utils.collate: the public functions of `npnn.utils.data.collate` where torch has them."""

from npnn.utils.data.collate import collate, default_collate, default_collate_fn_map, default_convert

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]
