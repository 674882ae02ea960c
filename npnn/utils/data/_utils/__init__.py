"""torch.utils.data._utils, by which scripts reach default_collate: see `npnn.utils.data.collate`."""

from npnn.utils.data._utils import collate as collate
