"""The parameters of buy_hold. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
